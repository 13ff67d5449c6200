import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import type { RevocationReason } from '../../../model/identity-rows.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Parts } from '../parts.ts';
import { endSessions, type RevokedSession, toRevoked } from './session-store.ts';

/**
 * Runs `work` in a transaction that ends sessions, and makes the end effective in this process before it resolves; connections
 * and other processes are told directly, and once more by the change stream (MESSAGE-PATH rule 18).
 */
export async function endingSessions<T>(
  parts: Parts,
  work: (tx: SqlSession, end: typeof endSessions) => Promise<T>,
): Promise<T> {
  const ended: { readonly account: AccountId; readonly rows: readonly RevokedSession[] }[] = [];
  const result = await parts.sql.transaction((tx) =>
    work(tx, async (...asked) => {
      const rows = await endSessions(...asked);
      ended.push({ account: asked[1], rows });
      return rows;
    }),
  );
  for (const { rows } of ended) {
    for (const row of rows) parts.revocations.add(toRevoked(row));
  }
  const told = ended.filter(({ rows }) => rows.length > 0);
  await Promise.all(
    told.map(({ account, rows }) =>
      parts.onRevoked(
        account,
        rows.map((row) => row.id),
      ),
    ),
  );
  return result;
}

/** Ends sessions and nothing else. */
export async function revoke(
  parts: Parts,
  account: AccountId,
  reason: RevocationReason,
  which: { readonly only?: SessionId } = {},
): Promise<void> {
  await endingSessions(parts, (tx, end) => end(tx, account, reason, which));
}
