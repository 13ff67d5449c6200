import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { createRedisInstanceStore } from '../../src/adapters/instance-store/redis/create-redis-instance-store.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { engineRestartTest, engineTest } from '../../test-support/engines.ts';
import { storeProperties } from './properties.ts';

const open = (url: string, prefix: string = randomUUID()) => createRedisInstanceStore({ url, log: silentLog, prefix });
const chat = { id: 'chat-1', service: 'chat', address: 'host:1' };

describe('the Redis store of instances', () => {
  for (const property of storeProperties) {
    engineTest('redis', property.name, async (url) => {
      const store = open(url);
      await property.check({ store, advance: (ms) => sleep(ms) });
      await store.close();
    });
  }

  engineTest('redis', 'shows every process what another has confirmed', async (url) => {
    const prefix = randomUUID();
    const [one, two] = [open(url, prefix), open(url, prefix)];
    await one.put([chat], 60_000);
    expect((await two.list()).instances).toEqual([chat]);
    expect(await two.renew([chat.id])).toEqual([true]);
    await two.remove([chat.id]);
    expect((await one.list()).instances).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });

  engineTest('redis', 'refuses in words when Redis is away', async () => {
    const store = createRedisInstanceStore({ url: 'redis://127.0.0.1:1', log: silentLog });
    await expect(store.put([chat], 1_000)).rejects.toMatchObject({ code: 'service.unavailable' });
    await store.close();
  });

  engineRestartTest('redis', 'survives a restart of Redis: it is young again and knows nobody', async (url, redis) => {
    const store = open(url);
    await store.put([chat], 600_000);
    await sleep(20);
    const { ageMs } = await store.list();
    expect(ageMs).toBeGreaterThan(0);
    await redis.kill();
    await expect(store.renew([chat.id])).rejects.toMatchObject({ code: 'service.unavailable' });
    await redis.start();
    expect(await store.list()).toEqual({ instances: [], ageMs: 0 });
    expect(await store.renew([chat.id])).toEqual([false]);
    await store.put([chat], 600_000);
    expect((await store.list()).instances).toEqual([chat]);
    await store.close();
  });
});
