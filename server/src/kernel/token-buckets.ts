import { createByteCache } from './byte-cache.ts';
import { type Clock, systemClock } from './clock.ts';
import { fail } from './errors.ts';

export interface Rate {
  /** Sustained; Infinity: no limit. */
  readonly perSecond: number;
  /** How many may come at once. */
  readonly burst: number;
}

/** A bucket of tokens per key. */
export interface TokenBuckets {
  /** Takes `n` of the key's allowance: 0, or the milliseconds after which there is enough again. */
  take(key: string, n?: number): number;
  /** The same, as a failure: `rate.limited` with the time to come back. */
  demand(key: string, n?: number): void;
  /** What was taken for something that is not to count after all. */
  giveBack(key: string, n?: number): void;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Of keys that are remembered at once, some 50,000 of the usual length; the ones unused for longest start afresh. Strangers choose keys,
 * and how long they are (a login that they guess at), so there must be a bound, in bytes; to push one bucket out takes so many calls
 * of others that it would have filled up by itself.
 */
const maxBytes = 16 * 1024 * 1024;

/**
 * The one way in which this program counts what somebody does, in memory and without waiting: it stands on the path of every frame and
 * draft. Own code, because rate-limiter-flexible answers with a promise for each, keeps a timer for each key and has no bound of keys.
 */
export function createTokenBuckets(rate: Rate, clock: Clock = systemClock): TokenBuckets {
  const buckets = createByteCache<Bucket>({ maxBytes });
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
    giveBack(key, n = 1) {
      const bucket = buckets.get(key);
      if (bucket) bucket.tokens = Math.min(rate.burst, bucket.tokens + n);
    },
  };
}
