import { Redis } from 'ioredis';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Instance } from '../../../model/instance.ts';
import type { InstanceStore } from '../../../ports/instance-store.ts';
import { listScript, putScript, removeScript, renewScript } from './scripts.ts';

export interface RedisInstanceStoreDeps {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url: string;
  readonly log: Log;
  /** In front of every key: several installations may share one Redis. */
  readonly prefix?: string;
  /** How long one command may take before it counts as failed. */
  readonly commandTimeoutMs?: number;
}

const scripts = { put: putScript, renew: renewScript, remove: removeScript, list: listScript } as const;
type Argument = string | number;

/** The instances that several discovery processes know alike. Leases end by the clock of Redis. */
export function createRedisInstanceStore(deps: RedisInstanceStoreDeps): InstanceStore {
  const { url, log, prefix = 'parley', commandTimeoutMs = 2_000 } = deps;
  // A command waits for one reconnection at most: whoever asks has a deadline.
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  let away = false;
  redis.on('error', (err) => {
    if (!away) log.warn({ err }, 'Redis is away; instances cannot be registered until it is back');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({}, 'Redis is back');
    away = false;
  });
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { lua, numberOfKeys: 0 });
  const commands = redis as unknown as Record<string, (...args: readonly Argument[]) => Promise<unknown>>;

  async function run(script: keyof typeof scripts, ...args: readonly Argument[]): Promise<unknown> {
    try {
      return await commands[script]!(`{${prefix}}:discovery`, ...args);
    } catch (cause) {
      throw fail('service.unavailable', { detail: 'The store of instances does not answer.', cause });
    }
  }

  return {
    guarantees: { shared: true },
    async put(instances, leaseMs) {
      const flat = instances.flatMap(({ id, service, address }) => [id, service, address]);
      await run('put', Math.ceil(leaseMs), ...flat);
    },
    async renew(ids) {
      return ((await run('renew', ...ids)) as number[]).map((known) => known === 1);
    },
    async remove(ids) {
      await run('remove', ...ids);
    },
    async list() {
      const [ageMs, ...entries] = (await run('list')) as [number, ...string[]];
      const instances = entries.map((text): Instance => {
        const { id, service, address } = JSON.parse(text) as Instance;
        return { id, service, address };
      });
      return { instances, ageMs };
    },
    async close() {
      redis.disconnect();
    },
  };
}
