import type { SqlSession } from '../../../ports/sql.ts';

/** In the transaction that takes away what showed them: whether something else does is looked at when they are collected. */
export async function markForCheck(tx: SqlSession, attachments: readonly (string | null)[]): Promise<void> {
  const ids = attachments.filter((id) => id !== null);
  if (ids.length === 0) return;
  // In the order of their ids: two that mark many at once must not wait for each other.
  await tx.query(
    `update chat.attachments a set check_at = to_timestamp(0)
     from (select id from chat.attachments where id = any($1::uuid[]) order by id for no key update) those
     where a.id = those.id and a.state = 'stored'`,
    [ids],
  );
}
