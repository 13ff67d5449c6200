import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { hashCode } from '../sessions/opaque-tokens.ts';
import { lockAccount, readByEmail, writePassword } from '../store.ts';
import { deleteCodes, hasCode, takeCode } from './code-store.ts';
import { sendRecovery } from './e-mail-codes.ts';
import { parseEmail, parsePassword } from './parse-account.ts';

/**
 * Takes the same time and says the same for a known and an unknown address, and also when it has been asked for too often: no further
 * mail is sent then, and the code of the last one is still good. A refusal would let anybody keep an account's owner out.
 */
export async function requestRecovery(parts: Parts, _ctx: Context, email: string): Promise<void> {
  const address = parseEmail(email);
  if (parts.limits.recovery.take(`recover ${address.toLowerCase()}`) > 0) return;
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
  // A wrong code costs no hash.
  if (!(await hasCode(parts.sql, hashCode(reset.code)))) throw wrongCode();
  // Before the code is used up: a refused hash must leave it good.
  const hash = await parts.hasher.hash(ctx, password, `code ${reset.code}`);
  await endingSessions(parts, async (tx, end) => {
    const code = await takeCode(tx, hashCode(reset.code), 'recover');
    const row = code && (await lockAccount(tx, code.account));
    if (!row || row.email !== code.email) throw wrongCode();
    await writePassword(tx, row.id, hash);
    await tx.query('update identity.accounts set email_verified = true where id = $1 and not email_verified', [row.id]);
    await deleteCodes(tx, row.id);
    await end(tx, row.id, 'password');
  });
}

const wrongCode = () => fail('token.invalid', 'The code is wrong, used or expired: ask anew.');
