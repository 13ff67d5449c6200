import type { Clock } from '../../kernel/clock.ts';
import { createRateLimit, type Rate, type RateLimit } from './rate-limit.ts';

/** What is limited, whatever the protocol. */
export interface Rates {
  /** Sends per account. */
  readonly sends: Rate;
  /** Other frames per account: receipts, typing, presence, resume. */
  readonly frames: Rate;
  /** Sign-ups, sign-ins, recoveries per address. */
  readonly signIns: Rate;
}

/** One allowance for all protocols: who has used it up in one has none left in another. */
export type RateLimits = { readonly [K in keyof Rates]: RateLimit };

export const defaultRates: Rates = {
  sends: { perSecond: 200, burst: 1_000 },
  frames: { perSecond: 100, burst: 500 },
  signIns: { perSecond: 20, burst: 200 },
};

/** What is left out keeps its default. */
export function createRateLimits(rates: Partial<Rates> = {}, clock?: Clock): RateLimits {
  const { sends, frames, signIns } = { ...defaultRates, ...rates };
  return {
    sends: createRateLimit(sends, clock),
    frames: createRateLimit(frames, clock),
    signIns: createRateLimit(signIns, clock),
  };
}
