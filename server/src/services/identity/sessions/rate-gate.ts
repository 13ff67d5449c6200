import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { fail } from '../../../kernel/errors.ts';
import type { RateLimit } from '../config.ts';

/** Counts attempts per key in this process. */
export interface RateGate {
  /** Counts one; `rate.limited` with the time to wait when there were too many. */
  count(key: string): Promise<void>;
  /** Takes one back: the attempt was an honest one. */
  forgive(key: string): Promise<void>;
}

export function createRateGate(limit: RateLimit): RateGate {
  const limiter = new RateLimiterMemory({ points: limit.attempts, duration: limit.seconds });
  return {
    async count(key) {
      try {
        await limiter.consume(key);
      } catch (thrown) {
        if (thrown instanceof RateLimiterRes)
          throw fail('rate.limited', { retryAfterMs: Math.max(thrown.msBeforeNext, 1_000) });
        throw thrown;
      }
    },
    async forgive(key) {
      await limiter.reward(key);
    },
  };
}
