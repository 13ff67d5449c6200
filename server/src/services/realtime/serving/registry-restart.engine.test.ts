import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { engineRestartTest, engineTest } from '../../../../test-support/engines.ts';
import { TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { createRedisHubRegistry } from '../../../adapters/hub-registry/redis/create-redis-hub-registry.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';

const unavailable = { code: 'service.unavailable' };
const c = 'c' as ConversationId;
const bob = 'bob' as AccountId;

/** Hubs of several processes over one Redis, and what a router sees. */
function begin(url: string) {
  const prefix = randomUUID();
  const open = () => createRedisHubRegistry({ url, log: silentLog, prefix });
  const opened = [open()];
  const view = opened[0]!;

  function createHub(): TestHub {
    const registry = open();
    opened.push(registry);
    const hub = new TestHub({ leaseMs: 60_000, heartbeatMs: 3_600_000 }, registry);
    hub.now = Date.now();
    return hub;
  }

  /** Sweeps all hubs until it holds; the test's own time limit ends it. */
  async function until(hubs: readonly TestHub[], holds: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await holds())) {
      for (const hub of hubs) {
        // As Redis does, the hubs keep real time, which is what a grace is counted in.
        hub.now = Math.max(hub.now, Date.now());
        hub.tick(1, 0);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function close(hubs: readonly TestHub[]): Promise<void> {
    for (const hub of hubs) await hub.realtime.unit.stop?.();
    for (const registry of opened) await registry.close();
  }

  const hubsOf = async (conversation: ConversationId) =>
    (await view.hubsOfConversations([conversation])).get(conversation);
  return { createHub, until, close, hubsOf };
}

describe('hubs over Redis', () => {
  engineTest('redis', 'know of each other who is online', async (url) => {
    const { createHub, until, close } = begin(url);
    const [one, two] = [await createHub().start(), await createHub().start()];
    const watcher = await one.open('ann');
    watcher.connection.watchPresence([bob]);
    const told = () => watcher.outlet.of('presence').map((frame) => frame.online);
    await until([], () => told().length === 1);
    const { connection } = await two.open('bob');
    await until([one], () => told().length === 2);
    connection.closed();
    await until([one], () => told().length === 3);
    expect(told()).toEqual([false, true, false]);
    expect(Date.parse(watcher.outlet.of('presence').at(-1)?.lastSeen ?? '')).toBeGreaterThan(Date.now() - 60_000);
    await close([one, two]);
  });

  engineRestartTest('redis', 'survive its restart: nobody is thrown out, nothing is lost', async (url, redis) => {
    const { createHub, until, close, hubsOf } = begin(url);
    const [one, two] = [await createHub().start(), await createHub().start()];
    const conversation = one.chat.create(c, ['ann']);
    one.loseStream();
    const ann = await one.open('ann');
    await two.open('bob');
    ann.connection.watchPresence([bob]);
    expect(await hubsOf(c)).toEqual([one.realtime.hubId]);

    await redis.kill();
    await until([one, two], () => one.realtime.unit.health?.().status === 'degraded');
    await expect(one.open('cid')).rejects.toMatchObject(unavailable);
    one.chat.send(conversation, 'ann', 'delivered while it is away');
    await one.deliver(one.chat.stream.slice(-1));
    await one.settle();
    expect(ann.outlet.of('message')).toHaveLength(1);
    one.chat.send(conversation, 'ann', 'passed by');
    one.loseStream();

    await redis.start();
    await until([one, two], () => ann.outlet.of('message').length === 2);
    await until([one, two], async () => (await hubsOf(c))?.[0] === one.realtime.hubId);
    await until([one, two], () => one.realtime.unit.health?.().status === 'ok');
    await one.open('cid');
    expect(ann.outlet.closed).toBeNull();
    // Bob's hub was forgotten as well: he has registered anew, and whoever watches him hears that he is there.
    const told = () => ann.outlet.of('presence').at(-1)?.online;
    await until([one, two], () => told() === true);
    await close([one, two]);
  });

  engineRestartTest('redis', 'start while it is away, and let people in once it is there', async (url, redis) => {
    const { createHub, until, close } = begin(url);
    await redis.kill();
    const hub = await createHub().start();
    expect(hub.realtime.unit.health?.()).toMatchObject({ status: 'degraded' });
    await expect(hub.open('ann')).rejects.toMatchObject(unavailable);
    expect(hub.realtime.hub.connectionCount).toBe(0);
    await redis.start();
    await until([hub], () => hub.realtime.unit.health?.().status === 'ok');
    const { outlet } = await hub.open('ann');
    expect(outlet.closed).toBeNull();
    await close([hub]);
  });
});
