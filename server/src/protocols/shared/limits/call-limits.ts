import { addressKey } from '../../../kernel/address-key.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Context, Principal } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { createTokenBuckets, type TokenBuckets } from '../../../kernel/token-buckets.ts';
import { createCallerContext } from '../caller-context.ts';
import { type CallClass, defaultRates, type Rates } from './rates.ts';

/**
 * The context of one frame of an open socket, which takes one of its account's frames whatever it asks for, also when it calls no
 * service. `rate.limited`.
 */
export type BeginFrame = (address: string, requestId: string, principal: Principal) => Context;

/** One allowance for all protocols: who has used it up in one has none left in another. */
export interface CallLimits {
  /** Takes one from the caller. `call`: what a mistake in the program is told as. */
  count(ctx: Context, callClass: CallClass, call: string): void;
  /** 0, or the milliseconds after which the sender may send again. */
  takeSend(sender: AccountId): number;
  readonly beginFrame: BeginFrame;
}

/** Where somebody has no account yet or proves that it is theirs: guesses at many accounts come from one place. */
const byAddress: ReadonlySet<CallClass> = new Set(['signIns', 'refreshes']);

/** What is left out keeps its default. */
export function createCallLimits(rates: Partial<Rates> = {}, clock?: Clock): CallLimits {
  const buckets = Object.fromEntries(
    Object.entries({ ...defaultRates, ...rates }).map(([name, rate]) => [name, createTokenBuckets(rate, clock)]),
  ) as unknown as Record<CallClass, TokenBuckets>;
  /** Contexts of frames that have called nothing of their class yet: they have paid for the first such call. */
  const begun = new WeakSet<Context>();
  return {
    count(ctx, callClass, call) {
      if (callClass === 'frames' && begun.delete(ctx)) return;
      const account = byAddress.has(callClass) ? undefined : ctx.principal?.account;
      if (account === undefined && ctx.address === undefined) {
        throw new Error(`${call} was called without an address: nobody can be counted for it`);
      }
      buckets[callClass].demand(account ?? addressKey(ctx.address ?? ''));
    },
    takeSend: (sender) => buckets.sends.take(sender),
    beginFrame(address, requestId, principal) {
      buckets.frames.demand(principal.account);
      const ctx = createCallerContext(address, requestId, principal);
      begun.add(ctx);
      return ctx;
    },
  };
}
