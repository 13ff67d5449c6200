import { describe, expect, test } from 'vitest';
import { createMemoryBus } from '../../adapters/bus/memory/create-memory-bus.ts';
import { createMemoryHubRegistry } from '../../adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type Context, createContext, type Principal, systemContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { type AccountId, type ConversationId, createId, type HubId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { RealtimeApi } from '../realtime/api.ts';
import { createRouter } from './module.ts';

const conversation = createId<ConversationId>();
const user = createId<AccountId>();

/** A message; its seq and rev are `n`, its LSN too unless another is given. */
function createMessage(n: number, in_ = conversation, lsn = n, incarnation = 'i'): BusRecord {
  const source = { db: 'main', schema: 'chat', table: 'messages', lsn: String(lsn), ordinal: 0, ts_ms: 0 } as const;
  const after = { conversation_id: in_, seq: n, rev: n, mod_rev: null, mentions: null, content: '{}', reactions: '{}' };
  const value = {
    before: null,
    after,
    source: { ...source, incarnation, snapshot: false },
    op: 'c',
    ts_ms: 0,
  } as const;
  return { topic: 'parley.chat', key: in_, value };
}

function createJoin(rev: number): BusRecord {
  const record = createMessage(rev);
  const after = { conversation_id: conversation, user_id: user, rev, joined_rev: rev };
  return { ...record, value: { ...record.value, after, source: { ...record.value.source, table: 'memberships' } } };
}

/** A hub whose address the directory has not heard yet: what a remote of it does. */
const notKnownYet: RealtimeApi = {
  async deliver() {
    throw fail('service.unavailable');
  },
  async doubt() {},
};

/** `startLsn` null: with a bus that remembers what was handled. */
async function openRouter(startLsn: bigint | null = 0n) {
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 1 });
  const registry = createMemoryHubRegistry({ clock: systemClock });
  const hubs = new Map<HubId, RealtimeApi>();
  const { api, unit } = createRouter({
    bus,
    registry,
    realtimeOf: (hub) => hubs.get(hub) ?? notKnownYet,
    ...(startLsn !== null && { startLsn: async () => startLsn }),
    log: silentLog,
    metrics: noMetrics,
    config: { retryFirstMs: 1, retryMaxMs: 1 },
  });
  await unit.start?.();
  /** A hub that notes what it gets, after `before` has let it. */
  async function openHub(before: (ctx: Context) => Promise<void> = async () => {}) {
    const id = createId<HubId>();
    const got: Delivery[] = [];
    hubs.set(id, {
      async deliver(ctx, deliveries) {
        await before(ctx);
        got.push(...deliveries);
      },
      async doubt() {},
    });
    await registry.renew(id, 60_000);
    return { id, got, revs: () => got.map((d) => ('rev' in d ? d.rev : d.kind)) };
  }
  return { bus, registry, api, unit, hubs, openHub };
}

describe('the router', () => {
  test('sends each hub what it serves, in order, and nothing else', async () => {
    const { bus, registry, openHub } = await openRouter();
    const other = createId<ConversationId>();
    const [a, b] = [await openHub(), await openHub()];
    await registry.serve(a.id, [conversation]);
    await registry.serve(b.id, [conversation, other]);
    await bus.publish([createMessage(1), createMessage(2, other), createMessage(3)]);
    expect(a.revs()).toEqual([1, 3]);
    expect(b.revs()).toEqual([1, 2, 3]);
  });

  test('sends a new member’s hub the joining and what follows it, though it does not serve the conversation yet', async () => {
    const { bus, registry, openHub } = await openRouter();
    const hub = await openHub();
    await registry.hold(hub.id, [user]);
    await bus.publish([createMessage(1), createJoin(2), createMessage(3)]);
    expect(hub.revs()).toEqual([2, 3]);
  });

  test('gives a hub no more at once than a call carries, in order', async () => {
    const { bus, registry, hubs } = await openRouter();
    const id = createId<HubId>();
    const calls: Delivery[][] = [];
    hubs.set(id, {
      async deliver(_ctx, deliveries) {
        calls.push([...deliveries]);
      },
      async doubt() {},
    });
    await registry.renew(id, 60_000);
    await registry.serve(id, [conversation]);
    const large = Array.from({ length: 300 }, (_, n) => {
      const record = createMessage(n + 1);
      const after = { ...record.value.after, content: 'x'.repeat(65_536) };
      return { ...record, value: { ...record.value, after } };
    });
    await bus.publish(large);
    expect(calls.flat().map((d) => ('rev' in d ? d.rev : 0))).toEqual(large.map((_, n) => n + 1));
    const bytes = calls.map((call) => call.reduce((sum, d) => sum + JSON.stringify(d).length, 0));
    expect(Math.max(...bytes)).toBeLessThan(8 * 1024 * 1024);
  });

  test('is done with a record only when every hub has it', async () => {
    const { bus, registry, openHub } = await openRouter();
    let refusals = 3;
    const hub = await openHub(async () => {
      if (refusals-- > 0) throw fail('service.unavailable');
    });
    await registry.serve(hub.id, [conversation]);
    await bus.publish([createMessage(1)]);
    expect(hub.revs()).toEqual([1]);
  });

  test('does not wait for a hub that has left', async () => {
    const { bus, registry, openHub } = await openRouter();
    const sound = await openHub();
    const hub = await openHub(async () => {
      await registry.leave(hub.id);
      throw fail('service.unavailable');
    });
    await registry.serve(sound.id, [conversation]);
    await registry.serve(hub.id, [conversation]);
    await bus.publish([createMessage(1)]);
    expect(sound.revs()).toEqual([1]);
    expect(hub.revs()).toEqual([]);
  });

  test('stops while a hub refuses, without claiming its records', async () => {
    const { bus, registry, unit, openHub } = await openRouter();
    const hub = await openHub(async () => {
      throw fail('service.unavailable');
    });
    await registry.serve(hub.id, [conversation]);
    const published = bus.publish([createMessage(1)]);
    await unit.stop?.();
    await bus.close();
    await expect(published).rejects.toMatchObject({ code: 'service.unavailable' });
  });

  test('skips what was committed before it started', async () => {
    const { bus, registry, openHub } = await openRouter(10n);
    const hub = await openHub();
    await registry.serve(hub.id, [conversation]);
    await bus.publish([createMessage(8), createMessage(9), createMessage(10)]);
    await bus.publish([createMessage(11)]);
    expect(hub.revs()).toEqual([10, 11]);
  });

  test('compares no LSNs of another incarnation', async () => {
    const { bus, registry, openHub } = await openRouter(10n);
    const hub = await openHub();
    await registry.serve(hub.id, [conversation]);
    await bus.publish([createMessage(9), createMessage(20, conversation, 3, 'j')]);
    expect(hub.revs()).toEqual([20]);
  });

  test('with a bus that remembers, delivers also what was committed before it started', async () => {
    const { bus, registry, openHub } = await openRouter(null);
    const hub = await openHub();
    await registry.serve(hub.id, [conversation]);
    await bus.publish([createMessage(1), createMessage(2)]);
    expect(hub.revs()).toEqual([1, 2]);
  });

  test('waits for a hub that is registered and whose address is not known yet, or until it has gone', async () => {
    const { bus, registry, hubs, openHub } = await openRouter();
    const [late, gone] = [await openHub(), createId<HubId>()];
    const api = hubs.get(late.id)!;
    hubs.delete(late.id);
    await registry.renew(gone, 60_000);
    await registry.serve(late.id, [conversation]);
    await registry.serve(gone, [conversation]);
    let published = false;
    const publishing = bus.publish([createMessage(1)]).then(() => {
      published = true;
    });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(published).toBe(false);
    hubs.set(late.id, api);
    await registry.leave(gone);
    await publishing;
    expect(late.revs()).toEqual([1]);
  });

  test('hands nothing over again while a part of it is still under way', async () => {
    const { bus, registry, openHub } = await openRouter();
    const doubts = { asked: 0, running: 0, most: 0 };
    const slow = await openHub(async () => {
      doubts.most = Math.max(doubts.most, ++doubts.running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      doubts.running--;
    });
    const sick = await openHub(async () => {
      throw fail('service.unavailable');
    });
    await registry.serve(slow.id, [conversation]);
    await registry.serve(sick.id, [conversation]);
    const { hubs } = registry;
    // The registry is away when the router wants to know whether the sick hub has left, then it has.
    registry.hubs = async () => {
      if (doubts.asked++ < 2) throw fail('service.unavailable');
      await registry.leave(sick.id);
      return hubs();
    };
    await bus.publish([createMessage(1)]);
    expect(doubts.asked).toBe(3);
    expect(doubts.most).toBe(1);
  });

  test('route carries nobody’s principal: a stream to a hub is the program’s own', async () => {
    const { api, registry, openHub } = await openRouter();
    const seen: (Principal | null)[] = [];
    const hub = await openHub(async ({ principal }) => void seen.push(principal));
    await registry.serve(hub.id, [conversation]);
    const principal = { account: user } as Principal;
    await api.route(createContext(principal, 'test'), [{ kind: 'typing', conversation, user, on: true }]);
    expect([seen, hub.got.length]).toEqual([[null], 1]);
  });

  test('route tells what is one user’s own to the hubs of that user, and survives a hub that refuses', async () => {
    const { api, registry, openHub } = await openRouter();
    const hub = await openHub();
    const sick = await openHub(async () => {
      throw fail('service.unavailable');
    });
    const idle = await openHub();
    await registry.hold(hub.id, [user]);
    await registry.hold(sick.id, [user]);
    await registry.serve(idle.id, [conversation]);
    const preferences = {
      user,
      conversation,
      mutedUntil: null,
      archived: false,
      pinned: true,
      notify: 'all',
      version: 1,
    } as const;
    const own: Delivery[] = [
      { kind: 'revoked', user, sessions: 'all' },
      { kind: 'preferences', ...preferences },
    ];
    await api.route(systemContext('test'), own);
    expect(hub.got).toEqual(own);
    expect(idle.got).toEqual([]);
  });
});
