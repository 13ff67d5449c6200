import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { createRedisHubRegistry } from '../../src/adapters/hub-registry/redis/create-redis-hub-registry.ts';
import { type AccountId, type ConversationId, createId, type HubId } from '../../src/kernel/ids.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { engineRestartTest, engineTest } from '../../test-support/engines.ts';
import { registryProperties } from './properties.ts';

const open = (url: string, prefix: string = randomUUID()) => createRedisHubRegistry({ url, log: silentLog, prefix });

describe('the Redis registry', () => {
  for (const property of registryProperties) {
    engineTest('redis', property.name, async (url) => {
      const registry = open(url);
      await property.check({ registry, advance: (ms) => sleep(ms) });
      await registry.close();
    });
  }

  engineTest('redis', 'shows every process what another has confirmed', async (url) => {
    const prefix = randomUUID();
    const [one, two] = [open(url, prefix), open(url, prefix)];
    const hub = createId<HubId>();
    const conversations = Array.from({ length: 2_500 }, () => createId<ConversationId>());
    await one.renew(hub, 60_000);
    await one.serve(hub, conversations);
    expect((await two.hubsOfConversations(conversations)).size).toBe(2_500);
    await one.leave(hub);
    expect((await two.hubsOfConversations(conversations)).size).toBe(0);
    expect(await two.hubs()).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });

  engineTest('redis', 'remembers the absent for a month and no longer', async (url) => {
    const prefix = randomUUID();
    const registry = open(url, prefix);
    const [hub, user] = [createId<HubId>(), createId<AccountId>()];
    await registry.renew(hub, 60_000);
    await registry.hold(hub, [user]);
    await registry.drop(hub, [user]);
    const redis = new Redis(url);
    const days = (await redis.pttl(`{${prefix}}:seen:${user}`)) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThanOrEqual(30);
    redis.disconnect();
    await registry.close();
  });

  engineTest('redis', 'tells a hub of a lapse even when the answer that told of it was lost', async (url) => {
    const prefix = randomUUID();
    const [mine, other] = [open(url, prefix), open(url, prefix)];
    const hub = createId<HubId>();
    await mine.renew(hub, 60_000);
    await other.renew(hub, 60_000);
    await other.leave(hub);
    // The lease that exists now was given to a call whose answer this process never saw.
    await other.renew(hub, 60_000);
    await expect(mine.serve(hub, [createId()])).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(await mine.renew(hub, 60_000)).toBe(false);
    expect(await mine.renew(hub, 60_000)).toBe(true);
    await Promise.all([mine.close(), other.close()]);
  });

  engineRestartTest('redis', 'survives a restart of Redis: the hub is told that it is deaf', async (url, redis) => {
    const registry = open(url);
    const hub = createId<HubId>();
    const conversation = createId<ConversationId>();
    await registry.renew(hub, 60_000);
    await registry.serve(hub, [conversation]);
    await redis.kill();
    await expect(registry.renew(hub, 60_000)).rejects.toMatchObject({ code: 'service.unavailable' });
    await redis.start();
    expect(await registry.renew(hub, 60_000)).toBe(false);
    expect((await registry.hubsOfConversations([conversation])).size).toBe(0);
    await registry.serve(hub, [conversation]);
    expect((await registry.hubsOfConversations([conversation])).get(conversation)).toEqual([hub]);
    expect(await registry.renew(hub, 60_000)).toBe(true);
    await registry.close();
  });
});
