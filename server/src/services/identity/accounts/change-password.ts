import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { lockAccount, readPassword, writePassword } from '../store.ts';
import { deleteCodes } from './code-store.ts';
import { proveOwnPassword } from './own-password.ts';
import { parsePassword } from './parse-account.ts';

export async function changePassword(
  parts: Parts,
  ctx: Context,
  change: { readonly oldPassword: string; readonly newPassword: string },
): Promise<void> {
  const password = parsePassword(change.newPassword);
  const { principal, hash: old } = await proveOwnPassword(parts, ctx, change.oldPassword);
  const hash = await parts.hasher.hash(ctx, password, principal.account);
  await endingSessions(parts, async (tx, end) => {
    const row = await lockAccount(tx, principal.account);
    if (!row || (await readPassword(tx, row.id)) !== old) throw fail('credentials.wrong');
    await writePassword(tx, row.id, hash);
    await deleteCodes(tx, row.id, 'recover');
    await end(tx, row.id, 'password', { except: principal.session });
  });
}
