import { Redis } from 'ioredis';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import * as sources from './scripts.ts';

const scripts = {
  renew: sources.renewScript,
  add: sources.addScript,
  release: sources.releaseScript,
  drop: sources.dropScript,
  leave: sources.leaveScript,
  find: sources.findScript,
  presence: sources.presenceScript,
  hubs: sources.hubsScript,
  sweep: sources.sweepScript,
} as const;

export interface RedisScripts {
  /** Rejects with `service.unavailable` when Redis is away or does not answer in time. */
  run(script: keyof typeof scripts, args: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
}

/** One connection that comes back by itself. A command waits for one reconnection at most: whoever asks has a deadline. */
export function connectRedis(url: string, log: Log, commandTimeoutMs: number): RedisScripts {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { lua, numberOfKeys: 0 });
  let away = false;
  redis.on('error', (err) => {
    if (!away) log.warn({ err }, 'Redis is away; hubs are deaf until it is back');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({}, 'Redis is back');
    away = false;
  });
  const commands = redis as unknown as Record<string, (...args: readonly (string | number)[]) => Promise<unknown>>;
  return {
    async run(script, args) {
      try {
        return await commands[script]!(...args);
      } catch (cause) {
        throw fail('service.unavailable', { detail: 'The hub registry does not answer.', cause });
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}
