import type { Clock } from '../../../kernel/clock.ts';
import { createTokenBuckets, type TokenBuckets } from '../../../kernel/token-buckets.ts';
import type { IdentityConfig, RateLimit } from '../config.ts';

/** Somebody at an address (addressKey; empty: within the program) who tries to sign in. */
export interface Guess {
  readonly login: string;
  readonly address: string;
}

export interface GuessLimits {
  /** The milliseconds after which it may be tried; 0: now. Counts nothing. */
  check(guess: Guess): number;
  /** Whether the address itself has used up what it may: nothing speaks for it then. */
  isSpent(guess: Guess): boolean;
  /** Counts it; what is returned takes that back, for one that was right or was not looked at. */
  begin(guess: Guess): () => void;
  /** It was wrong. */
  fail(guess: Guess): void;
}

/**
 * Wrong passwords, counted by login and address, by address over all logins (spraying), and by login over all addresses. The last
 * slows only addresses that have failed at the login themselves: who comes from elsewhere with the right password passes.
 */
export function createGuessLimits(limits: IdentityConfig['signInLimits'], clock: Clock): GuessLimits {
  const pairs = createAttempts(limits.perLogin, clock);
  const addresses = createAttempts(limits.perAddress, clock);
  const logins = createAttempts(limits.perLoginAnywhere, clock);
  /** Full where an address has not failed at a login for as long. */
  const failed = createAttempts({ attempts: 1, seconds: limits.perLoginAnywhere.seconds }, clock);
  const pairOf = ({ login, address }: Guess): string => `${address} ${login}`;
  const ownWait = (guess: Guess): number => Math.max(peek(pairs, pairOf(guess)), peek(addresses, guess.address));

  return {
    check(guess) {
      const own = ownWait(guess);
      if (own > 0) return own;
      return peek(failed, pairOf(guess)) > 0 ? peek(logins, guess.login) : 0;
    },
    isSpent: (guess) => ownWait(guess) > 0,
    begin(guess) {
      const counts: [TokenBuckets, string][] = [
        [pairs, pairOf(guess)],
        [logins, guess.login],
      ];
      if (guess.address !== '') counts.push([addresses, guess.address]);
      const taken = counts.filter(([buckets, key]) => buckets.take(key) === 0);
      return () => {
        for (const [buckets, key] of taken) buckets.giveBack(key);
      };
    },
    fail: (guess) => void failed.take(pairOf(guess)),
  };
}

/** All at once, and then as many again in the same time. */
export function createAttempts({ attempts, seconds }: RateLimit, clock: Clock): TokenBuckets {
  return createTokenBuckets({ perSecond: attempts / seconds, burst: attempts }, clock);
}

function peek(buckets: TokenBuckets, key: string): number {
  const wait = buckets.take(key);
  if (wait === 0) buckets.giveBack(key);
  return wait;
}
