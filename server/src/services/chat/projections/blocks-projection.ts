import type { AccountId } from '../../../kernel/ids.ts';
import type { Change } from '../../../model/change.ts';
import type { SqlSession } from '../../../ports/sql.ts';

interface BlockRow {
  readonly owner_id: AccountId;
  readonly blocked_id: AccountId;
  readonly active: boolean;
}

/** Folds changes of people.blocks into chat.blocks, so that a send asks no other service who blocks whom. */
export function foldBlocks(changes: readonly Change<object>[]): ((tx: SqlSession) => Promise<void>) | null {
  const blocks = new Map<string, BlockRow>();
  for (const { source, after, before } of changes) {
    if (source.table !== 'blocks') continue;
    const row = (after ?? { ...before, active: false }) as BlockRow;
    if (row.owner_id) blocks.set(`${row.owner_id} ${row.blocked_id}`, row);
  }
  if (blocks.size === 0) return null;
  const rows = [...blocks.values()];
  return async (tx) => {
    await tx.query(
      `insert into chat.blocks (owner_id, blocked_id, active)
       select * from unnest($1::uuid[], $2::uuid[], $3::bool[])
       on conflict (owner_id, blocked_id) do update set active = excluded.active`,
      [rows.map((row) => row.owner_id), rows.map((row) => row.blocked_id), rows.map((row) => row.active)],
    );
  };
}
