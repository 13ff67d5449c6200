import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';

export interface Rate {
  /** Sustained; Infinity: no limit. */
  readonly perSecond: number;
  /** How many may come at once. */
  readonly burst: number;
}

export interface RateLimit {
  /** Takes `n` of the key's allowance: 0, or the milliseconds after which there is enough again. */
  take(key: string, n?: number): number;
  /** The same, as a failure: `rate.limited` with the time to come back. */
  demand(key: string, n?: number): void;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Keys remembered at once; the ones unused for longest start afresh. */
const maxKeys = 50_000;

/** A token bucket per key, in memory and without waiting: it stands on the path of every frame. */
export function createRateLimit(rate: Rate, clock: Clock = systemClock): RateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: maxKeys });
  const unlimited = !Number.isFinite(rate.perSecond);

  function take(key: string, n = 1): number {
    if (unlimited) return 0;
    const now = clock.monotonic();
    let bucket = buckets.get(key);
    if (!bucket) {
      bucket = { tokens: rate.burst, at: now };
      buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
    bucket.at = now;
    if (bucket.tokens < n) return Math.ceil(((n - bucket.tokens) / rate.perSecond) * 1000);
    bucket.tokens -= n;
    return 0;
  }

  return {
    take,
    demand(key, n) {
      const retryAfterMs = take(key, n);
      if (retryAfterMs > 0) throw fail('rate.limited', { retryAfterMs });
    },
  };
}
