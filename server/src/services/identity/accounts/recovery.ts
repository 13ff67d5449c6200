import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { hashCode } from '../sessions/opaque-tokens.ts';
import { lockAccount, readByEmail, writePassword } from '../store.ts';
import { deleteCodes, takeCode } from './code-store.ts';
import { sendRecovery } from './e-mail-codes.ts';
import { parseEmail, parsePassword } from './parse-account.ts';

/** Takes the same time and says the same for a known and an unknown address. */
export async function requestRecovery(parts: Parts, _ctx: Context, email: string): Promise<void> {
  const address = parseEmail(email);
  parts.limits.recovery.demand(address.toLowerCase());
  const row = await readByEmail(parts.sql, address);
  if (row) sendRecovery(parts, row);
}

/** Whoever has the code reads the account's mail, so the address is verified by it too. */
export async function resetPassword(
  parts: Parts,
  ctx: Context,
  reset: { readonly code: string; readonly password: string },
): Promise<void> {
  const password = parsePassword(reset.password);
  // Before the hash is paid for, and without using the code up: a refused hash must leave it good.
  const hash = await parts.hasher.hash(ctx, password);
  await endingSessions(parts, async (tx, end) => {
    const code = await takeCode(tx, hashCode(reset.code), 'recover');
    const row = code && (await lockAccount(tx, code.account));
    if (!row || row.email !== code.email) throw fail('token.invalid', 'The code is wrong, used or expired: ask anew.');
    await writePassword(tx, row.id, hash);
    await tx.query('update identity.accounts set email_verified = true where id = $1 and not email_verified', [row.id]);
    await deleteCodes(tx, row.id);
    await end(tx, row.id, 'password');
  });
}
