import { afterEach, expect, test } from 'vitest';
import { createMemoryInstanceStore } from '../../adapters/instance-store/memory/create-memory-instance-store.ts';
import { systemClock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { createGrpcServer } from '../../rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../../rpc/grpc/create-peer.ts';
import { createPeers } from '../../rpc/remote/create-peers.ts';
import { createRemoteAt } from '../../rpc/remote/remote.ts';
import { createDirectory } from './create-directory.ts';
import { createDiscovery } from './module.ts';
import { discoveryRpc } from './rpc.ts';

const secret = 'of the test';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const parts = { clock: systemClock, log: silentLog, metrics: noMetrics };

async function startDiscovery(port = 0) {
  const { api } = createDiscovery({ store: createMemoryInstanceStore({ clock: systemClock }), ...parts });
  const server = createGrpcServer({ host: '127.0.0.1', port, secret, log: silentLog, stopMs: 0 });
  server.add(discoveryRpc, api);
  await server.unit.start();
  ends.push(() => server.unit.stop());
  return { api, port: server.port, kill: () => server.unit.stop() };
}

/** Within the time of a test: what never comes to hold must not go on for ever. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 25_000; !(await holds()); await new Promise((next) => setTimeout(next, 5)))
    if (performance.now() > end) throw new Error('it never came to hold');
}

test('processes find each other over gRPC, also after discovery was restarted empty', async () => {
  const discovery = await startDiscovery();
  const peers = createPeers({
    clock: systemClock,
    open: (address) => createPeer({ address, secret, log: silentLog }),
  });
  ends.push(() => peers.close());
  const config = { pollMs: 20, heartbeatMs: 20, minGapMs: 1 };
  const open = async () => {
    const at = createRemoteAt(discoveryRpc, `127.0.0.1:${discovery.port}`, peers);
    const directory = createDirectory({ discovery: [at], config, ...parts });
    ends.push(() => directory.unit.stop?.());
    await directory.unit.start?.();
    return directory;
  };
  const [caller, callee] = [await open(), await open()];
  const source = caller.source('chat');
  const chat = { id: 'chat-1', service: 'chat', address: 'host:1' };
  callee.announce([chat]);
  await until(() => source.list().length === 1);
  expect(source.list()).toEqual([chat]);

  await discovery.kill();
  await until(() => caller.unit.health?.().status === 'degraded');
  expect(source.list()).toEqual([chat]);
  const restarted = await startDiscovery(discovery.port);
  await until(() => caller.unit.health?.().status === 'ok' && callee.unit.health?.().status === 'ok');
  const isKnown = async () => (await restarted.api.heartbeat(systemContext('test'), ['chat-1']))[0] === true;
  await until(isKnown);
  expect(source.list()).toEqual([chat]);
  await callee.withdraw();
  expect((await restarted.api.statusCheck(systemContext('test'))).instances).toBe(0);
});
