import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, isUuid } from '../../../kernel/ids.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { lockAccount } from '../store.ts';

/** For administrators; not of themselves, who could not undo it. A suspension ends every session. */
export async function setSuspended(parts: Parts, ctx: Context, account: AccountId, suspended: boolean): Promise<void> {
  const principal = requirePrincipal(ctx);
  if (!principal.admin) throw fail('action.forbidden', 'Only administrators may suspend accounts.');
  if (principal.account === account) throw fail('action.forbidden', 'Nobody can suspend their own account.');
  if (!isUuid(account)) throw fail('account.unknown');
  await setSuspendedUnchecked(parts, account, suspended);
}

/** The same for the program's operator, who needs no account. */
export async function setSuspendedUnchecked(parts: Parts, account: AccountId, suspended: boolean): Promise<void> {
  await endingSessions(parts, async (tx, end) => {
    const row = await lockAccount(tx, account);
    if (!row) throw fail('account.unknown');
    if (row.suspended === suspended) return;
    await tx.query('update identity.accounts set suspended = $2 where id = $1', [account, suspended]);
    if (suspended) await end(tx, account, 'suspended');
  });
}
