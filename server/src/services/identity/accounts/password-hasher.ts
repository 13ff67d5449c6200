import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import type { Clock } from '../../../kernel/clock.ts';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';

export interface PasswordHasher {
  hash(ctx: Context, password: string): Promise<string>;
  /** `stored` null (no such account, or no password): does the same work and says false, so that time tells nothing. */
  verify(ctx: Context, password: string, stored: string | null): Promise<boolean>;
}

/** argon2id (the library's default algorithm), 19 MiB, two passes, one lane: about 14 ms of a core. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of a random password nobody knows, of the same cost. */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$gye5a47Fl2mv3LOhAu6dtg$13KtnsKzBnbNvFQ/VrShf+wUAgjW1GbldxsOUNpyQZc';

/**
 * argon2id off the event loop, `atOnce` at a time (MESSAGE-PATH rule 22); `waiting` more may queue, the rest is told
 * `service.overloaded` and when to come back. Who has given up waiting costs no hash.
 */
export function createPasswordHasher(
  limits: { readonly atOnce: number; readonly waiting: number },
  clock: Clock,
): PasswordHasher {
  const limit = pLimit(limits.atOnce);

  async function inTurn<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
    const full = limit.activeCount >= limits.atOnce && limit.pendingCount >= limits.waiting;
    if (full) throw fail('service.overloaded', { retryAfterMs: 2_000 });
    return await limit(() => {
      if (ctx.signal?.aborted || clock.monotonic() > ctx.deadline) throw fail('service.timeout');
      return work();
    });
  }

  return {
    hash: (ctx, password) => inTurn(ctx, () => hash(password.normalize('NFC'), cost)),
    verify: (ctx, password, stored) =>
      inTurn(ctx, async () => (await verifyAnyForm(stored ?? nobodysHash, password)) && stored !== null),
  };
}

/** Keyboards write é in one character or in two: both are the same password (NFC, RFC 8265). Older hashes are of what was typed. */
async function verifyAnyForm(stored: string, typed: string): Promise<boolean> {
  const composed = typed.normalize('NFC');
  return (await verify(stored, composed)) || (composed !== typed && (await verify(stored, typed)));
}
