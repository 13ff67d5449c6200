import { Redis } from 'ioredis';
import { fail } from '../../../kernel/errors.ts';
import type { Health } from '../../../kernel/lifecycle.ts';
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
  /** `down` once two pings in a row have failed: one may meet a reconnection. */
  health(): Health;
  close(): Promise<void>;
}

/** Who has nothing to ask of Redis learns all the same that it is away. */
const pingMs = 2_000;

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
  let missed = 0;
  const onPing = (): void =>
    void redis.ping().then(
      () => {
        missed = 0;
      },
      () => {
        missed++;
      },
    );
  const pinging = setInterval(onPing, pingMs).unref();
  const commands = redis as unknown as Record<string, (...args: readonly (string | number)[]) => Promise<unknown>>;
  return {
    async run(script, args) {
      try {
        return await commands[script]!(...args);
      } catch (cause) {
        throw fail('service.unavailable', { detail: 'The hub registry does not answer.', cause });
      }
    },
    health: () => (missed < 2 ? { status: 'ok' } : { status: 'down', detail: 'Redis does not answer' }),
    async close() {
      clearInterval(pinging);
      redis.disconnect();
    },
  };
}
