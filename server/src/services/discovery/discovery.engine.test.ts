import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { engineRestartTest } from '../../../test-support/engines.ts';
import { createRedisInstanceStore } from '../../adapters/instance-store/redis/create-redis-instance-store.ts';
import { systemClock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { createDirectory } from './create-directory.ts';
import { createDiscovery } from './module.ts';

const parts = { clock: systemClock, log: silentLog, metrics: noMetrics };
const ctx = () => systemContext('test');

/** Within the time of a test: what never comes to hold must not go on for ever. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await holds()); await new Promise((next) => setTimeout(next, 10)))
    if (performance.now() > end) throw new Error('it never came to hold');
}

engineRestartTest(
  'redis',
  'Redis restarted empty: instances register anew with their next heartbeat, callers lose nobody',
  async (url, redis) => {
    const prefix = randomUUID();
    const stores = [1, 2].map(() => createRedisInstanceStore({ url, log: silentLog, prefix }));
    const discovery = stores.map((store) => createDiscovery({ store, ...parts }).api);
    const config = { pollMs: 50, heartbeatMs: 50, minGapMs: 1 };
    const [caller, callee] = [1, 2].map(() => createDirectory({ discovery, config, ...parts }));
    const chat = { id: 'chat-1', service: 'chat', address: 'host:1' };
    const source = caller!.source('chat');
    await Promise.all([caller!.unit.start?.(), callee!.unit.start?.()]);
    callee!.announce([chat]);
    await until(() => source.list().length > 0);

    await redis.kill();
    await until(() => caller!.unit.health?.().status === 'degraded');
    expect((await discovery[0]!.statusCheck(ctx())).store).toBe('away');
    expect(source.list()).toEqual([chat]);
    await redis.start();
    // Whichever of the two is asked, the answer is the same again.
    for (const api of discovery) {
      await until(async () => (await api.statusCheck(ctx())).instances === 1);
      expect(await api.discoverServices(ctx(), ['chat'])).toEqual({ instances: [chat], settled: false });
    }
    expect(source.list()).toEqual([chat]);

    await Promise.all([caller!.unit.stop?.(), callee!.unit.stop?.()]);
    expect((await discovery[1]!.statusCheck(ctx())).instances).toBe(0);
    await Promise.all(stores.map((store) => store.close()));
  },
);
