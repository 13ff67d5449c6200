import { afterEach, expect, test } from 'vitest';
import { FakeSource } from '../../../test-support/rpc/fake-peers.ts';
import { createMemoryBus } from '../../adapters/bus/memory/create-memory-bus.ts';
import { createMemoryHubRegistry } from '../../adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type ConversationId, createId, type HubId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { BusRecord } from '../../ports/bus.ts';
import { createGrpcServer } from '../../rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../../rpc/grpc/create-peer.ts';
import { createPeers } from '../../rpc/remote/create-peers.ts';
import { createRemotes } from '../../rpc/remote/remote.ts';
import { realtimeRpc } from '../realtime/rpc.ts';
import { createRouter } from './module.ts';

const secret = 'of the test';
const conversation = createId<ConversationId>();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Within the time of a test: what never comes to hold must not go on for ever. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 25_000; !(await holds()); await new Promise((next) => setTimeout(next, 5)))
    if (performance.now() > end) throw new Error('it never came to hold');
}

/** The realtime process of a hub: what it was given, and how often it heard that a router's stream was lost. After `takes` it hangs. */
async function startHub(port = 0, takes = Number.POSITIVE_INFINITY) {
  const got: Delivery[] = [];
  const hub = { got, lost: 0, revs: () => got.map((delivery) => ('rev' in delivery ? delivery.rev : delivery.kind)) };
  const server = createGrpcServer({ host: '127.0.0.1', port, secret, log: silentLog, stopMs: 0 });
  const api = {
    async deliver(_: unknown, deliveries: readonly Delivery[]) {
      await new Promise((resolve) => setImmediate(resolve));
      got.push(...deliveries);
      if (got.length >= takes) await new Promise(() => {});
    },
    async doubt() {},
  };
  server.add(realtimeRpc, api, {
    onStreamLost() {
      hub.lost++;
    },
  });
  await server.unit.start();
  ends.push(() => server.unit.stop());
  return { ...hub, hub, port: server.port, kill: () => server.unit.stop() };
}

/** A router process: its connections die with it. */
async function startRouter(registry: ReturnType<typeof createMemoryHubRegistry>, source: FakeSource) {
  const peers = createPeers({
    clock: systemClock,
    open: (address) => createPeer({ address, secret, log: silentLog }),
  });
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 1 });
  const remotes = createRemotes(realtimeRpc, { source, peers });
  const { unit } = createRouter({
    bus,
    registry,
    realtimeOf: (hub) => remotes.of(hub),
    log: silentLog,
    metrics: noMetrics,
    config: { retryFirstMs: 5, retryMaxMs: 20 },
  });
  await unit.start?.();
  ends.push(() => unit.stop?.());
  return { bus, kill: () => peers.close() };
}

function createMessage(n: number): BusRecord {
  const source = { db: 'main', schema: 'chat', table: 'messages', lsn: `${n}`, ordinal: 0, ts_ms: 0, incarnation: 'i' };
  const after = {
    ...{ conversation_id: conversation, seq: n, rev: n, mod_rev: null, mod: null, id: `m${n}`, sender_id: createId() },
    ...{ content: `{"type":"text", "text":"${n}"}`, reply_to: null, thread: null, mentions: null, system: false },
    ...{ created_at: '2026-11-20T12:00:00.000Z', edited_at: null, deleted_at: null, reactions: '{}', pinned: false },
  };
  const value = { before: null, after, source: { ...source, snapshot: false }, op: 'c', ts_ms: 0 } as const;
  return { topic: 'parley.chat', key: conversation, value };
}

test('a hub that goes out of reach and comes back gets everything, in order; what it had before it may get again', async () => {
  const registry = createMemoryHubRegistry({ clock: systemClock });
  const first = await startHub(0, 10);
  const address = `127.0.0.1:${first.port}`;
  const source = new FakeSource(address);
  const id = `id-${address}` as HubId;
  await registry.renew(id, 60_000);
  await registry.serve(id, [conversation]);
  const { bus } = await startRouter(registry, source);
  const published: Promise<void>[] = [];
  for (let n = 1; n <= 40; n++) published.push(bus.publish([createMessage(n)]));
  await until(() => first.got.length >= 10);
  await first.kill();
  const second = await startHub(first.port);
  await Promise.all(published);
  const had = first.revs().length;
  expect(first.revs()).toEqual(Array.from({ length: had }, (_, i) => i + 1));
  const [next] = second.revs() as number[];
  expect(next).toBeLessThanOrEqual(had + 1);
  expect(second.revs()).toEqual(Array.from({ length: 40 - next! + 1 }, (_, i) => next! + i));
  const message = second.got[0];
  expect(message?.kind === 'message' && message.message.content).toBe(`{"type":"text", "text":"${next}"}`);
});

test('a hub hears that it lost a router, and does not wait for what that one had not sent', async () => {
  const registry = createMemoryHubRegistry({ clock: systemClock });
  const { hub, got, port } = await startHub();
  const source = new FakeSource(`127.0.0.1:${port}`);
  const id = `id-127.0.0.1:${port}` as HubId;
  await registry.renew(id, 60_000);
  await registry.serve(id, [conversation]);
  const [one, other] = [await startRouter(registry, source), await startRouter(registry, source)];
  await one.bus.publish([createMessage(1)]);
  await other.bus.publish([createMessage(2)]);
  expect(hub.lost).toBe(0);
  one.kill();
  await until(() => hub.lost === 1);
  await other.bus.publish([createMessage(3)]);
  expect(got.map((delivery) => 'rev' in delivery && delivery.rev)).toEqual([1, 2, 3]);
  expect(hub.lost).toBe(1);
});
