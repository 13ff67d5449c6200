import { fail } from '../../../kernel/errors.ts';
import type { Parts } from '../parts.ts';
import { endingSessions } from '../sessions/end-sessions.ts';
import { lockAccount, readByUsername } from '../store.ts';
import { foldUsername } from './parse-account.ts';

/**
 * For the program's operator. A promotion shows in the next access token; a demotion ends the account's sessions, because
 * their tokens still say administrator. `account.unknown`.
 */
export async function setAdmin(parts: Parts, username: string, admin: boolean): Promise<void> {
  await endingSessions(parts, async (tx, end) => {
    const [found] = await readByUsername(tx, [foldUsername(username)]);
    const row = found && (await lockAccount(tx, found.id));
    if (!row) throw fail('account.unknown');
    if (row.admin === admin) return;
    await tx.query('update identity.accounts set admin = $2 where id = $1', [row.id, admin]);
    if (!admin) await end(tx, row.id, 'demoted');
  });
}
