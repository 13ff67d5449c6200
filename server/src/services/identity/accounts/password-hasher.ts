import { hash, verify } from '@node-rs/argon2';
import type { Clock } from '../../../kernel/clock.ts';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { createFairQueue } from './fair-queue.ts';

/** `whose`: the address (addressKey) or account that the work is done for; each gets their turn. */
export interface PasswordHasher {
  hash(ctx: Context, password: string, whose: string): Promise<string>;
  /** `stored` null (no such account, or no password): does the same work and says false, so that time tells nothing. */
  verify(ctx: Context, password: string, stored: string | null, whose: string): Promise<boolean>;
}

/** argon2id (the library's default algorithm), 19 MiB, two passes, one lane: about 14 ms of a core. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of a random password nobody knows, of the same cost. */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$gye5a47Fl2mv3LOhAu6dtg$13KtnsKzBnbNvFQ/VrShf+wUAgjW1GbldxsOUNpyQZc';

/**
 * argon2id off the event loop, `atOnce` at a time (MESSAGE-PATH rule 22); `waiting` more may queue, the rest is told
 * `service.overloaded` and when to come back: of those who ask for most first, so that a flood from a few addresses does not keep
 * others out. Who has given up waiting costs no hash.
 */
export function createPasswordHasher(
  limits: { readonly atOnce: number; readonly waiting: number },
  clock: Clock,
): PasswordHasher {
  const queue = createFairQueue(limits, () => fail('service.overloaded', { retryAfterMs: 2_000 }));

  async function inTurn<T>(ctx: Context, whose: string, work: () => Promise<T>): Promise<T> {
    return await queue.run(whose, async () => {
      if (ctx.signal?.aborted || clock.monotonic() > ctx.deadline) throw fail('service.timeout');
      return await work();
    });
  }

  return {
    hash: (ctx, password, whose) => inTurn(ctx, whose, () => hash(password.normalize('NFC'), cost)),
    verify: (ctx, password, stored, whose) =>
      inTurn(ctx, whose, async () => (await verifyAnyForm(stored ?? nobodysHash, password)) && stored !== null),
  };
}

/** Keyboards write é in one character or in two: both are the same password (NFC, RFC 8265). Older hashes are of what was typed. */
async function verifyAnyForm(stored: string, typed: string): Promise<boolean> {
  const composed = typed.normalize('NFC');
  return (await verify(stored, composed)) || (composed !== typed && (await verify(stored, typed)));
}
