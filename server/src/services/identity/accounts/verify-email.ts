import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { hashCode } from '../sessions/opaque-tokens.ts';
import { lockAccount, readByEmail } from '../store.ts';
import { hasCode, takeCode } from './code-store.ts';
import { sendVerification } from './e-mail-codes.ts';
import { parseEmail } from './parse-account.ts';

/** Asked for too often it sends nothing, as a recovery does: both fill somebody's mailbox. */
export async function requestVerification(parts: Parts, _ctx: Context, email: string): Promise<void> {
  const address = parseEmail(email);
  if (parts.limits.recovery.take(`verify ${address.toLowerCase()}`) > 0) return;
  const row = await readByEmail(parts.sql, address);
  if (row && !row.email_verified) sendVerification(parts, row);
}

export async function verifyEmail(parts: Parts, _ctx: Context, text: string): Promise<void> {
  await parts.sql.transaction(async (tx) => {
    const code = await takeCode(tx, hashCode(text), 'verify');
    const row = code && (await lockAccount(tx, code.account));
    if (!row || row.email !== code.email) throw fail('token.invalid', 'The code is wrong, used or expired.');
    await tx.query('update identity.accounts set email_verified = true where id = $1', [row.id]);
  });
}

/** Of either kind. Nothing is learnt by it that using the code would not tell: nobody guesses 192 bits. */
export async function checkCode(parts: Parts, _ctx: Context, text: string): Promise<void> {
  if (!(await hasCode(parts.sql, hashCode(text)))) throw fail('token.invalid', 'The code is wrong, used or expired.');
}
