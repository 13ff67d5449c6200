import { fail } from '../../../kernel/errors.ts';
import { type AccountId, isUuid } from '../../../kernel/ids.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';

/** One lock for all accounts: it is held for a statement or two, and endings are rare. */
const lockId = `hashtextextended('chat.deleted_accounts', 0)`;

/**
 * Marks accounts as ended. Whoever adds one of them at the same moment commits before the mark, so that its new stay is seen by
 * who reads the stays afterwards, or finds the mark and is refused.
 */
export async function markEnded(sql: Sql, accounts: readonly AccountId[]): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${lockId})`);
    await tx.query('insert into chat.deleted_accounts select unnest($1::uuid[]) on conflict do nothing', [accounts]);
  });
}

/** Those who have deleted their account, as far as is known now. */
export async function findEnded(
  session: Pick<SqlSession, 'query'>,
  users: readonly AccountId[],
): Promise<readonly AccountId[]> {
  const rows = await session.query<{ id: AccountId }>(
    'select id from chat.deleted_accounts where id = any($1::uuid[])',
    [users.filter(isUuid)],
    'chat-ended-accounts',
  );
  return rows.map(({ id }) => id);
}

/**
 * Throws `account.unknown` naming the ended ones. Until the transaction ends no account is marked, so this comes after every wait
 * for another lock.
 */
export async function refuseEnded(tx: SqlSession, users: readonly AccountId[]): Promise<void> {
  // Two statements: the snapshot of the second is newer than the lock. Issued together, they cost one round trip.
  const [, ended] = await Promise.all([
    tx.query(`select pg_advisory_xact_lock_shared(${lockId})`, [], 'chat-no-endings'),
    findEnded(tx, users),
  ]);
  if (ended.length > 0) throw fail('account.unknown', `There is no account ${ended.slice(0, 5).join(', ')}.`);
}
