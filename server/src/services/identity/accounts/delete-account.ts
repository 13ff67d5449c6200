import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { lockAccount, readPassword } from '../store.ts';
import { deleteCodes } from './code-store.ts';
import { proveOwnPassword } from './own-password.ts';

/** Forgets all but the id and the username: the one because messages refer to it, the other so that nobody takes it over. */
export async function deleteAccount(parts: Parts, ctx: Context, password: string): Promise<void> {
  const { principal, hash } = await proveOwnPassword(parts, ctx, password);
  await endingSessions(parts, async (tx, end) => {
    const row = await lockAccount(tx, principal.account);
    if (!row || (await readPassword(tx, row.id)) !== hash) throw fail('credentials.wrong');
    await tx.query(
      `update identity.accounts set name = '', email = null, email_verified = false, phone = null, admin = false,
         deleted_at = clock_timestamp() where id = $1`,
      [row.id],
    );
    await tx.query('delete from identity.passwords where account_id = $1', [row.id]);
    await deleteCodes(tx, row.id);
    await end(tx, row.id, 'deleted');
  });
}
