import type { AccountId } from '../../kernel/ids.ts';
import { isNewer, type Version, versionOf } from '../../model/change.ts';
import type { AccountRow } from '../../model/identity-rows.ts';
import type { ProfileRow } from '../../model/people-rows.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { Sql } from '../../ports/sql.ts';
import { peopleGroups } from './groups.ts';
import type { ProfileCache } from './profile-cache.ts';
import { eraseProfiles, insertProfiles, type NewProfile, type Queryable } from './store.ts';

export const directoryGroup = peopleGroups.directory.group;

/**
 * Projects accounts into profiles; effects and position are one transaction (MESSAGE-PATH rule 13). `ordered`: the records come
 * as one sequence, so everything not newer than the stored position was applied before. A broker's partitions have
 * no such sequence; there the fold alone must do, which it does: replaying a key's changes in order ends where it had ended.
 */
export async function onAccountChanges(sql: Sql, records: readonly BusRecord[], ordered: boolean): Promise<void> {
  const accounts = records.filter(({ value }) => value.source.table === 'accounts' && value.after);
  // Most changes are of sessions, have no effect here and may well come twice.
  if (accounts.length === 0) return;
  await sql.transaction(async (tx) => {
    let position = ordered ? await lockPosition(tx) : null;
    const present = new Map<AccountId, NewProfile>();
    const deleted = new Set<AccountId>();
    for (const { value } of accounts) {
      const version = versionOf(value);
      if (ordered && !isNewer(version, position)) continue;
      position = version;
      const { id, username, name, deleted_at } = value.after as AccountRow;
      if (deleted_at === null) present.set(id, { id, username, name });
      else deleted.add(id);
    }
    for (const id of deleted) present.delete(id);
    await insertProfiles(tx, [...present.values()]);
    await eraseProfiles(tx, [...deleted]);
    if (ordered && position) await writePosition(tx, position);
  });
}

/** Forgets what others have changed. */
export function onProfileChanges(records: readonly BusRecord[], cache: ProfileCache): void {
  const changed = records.filter(({ value }) => value.source.table === 'profiles');
  if (changed.length > 0) cache.forget(changed.map(({ value }) => ((value.after ?? value.before) as ProfileRow).id));
}

async function lockPosition(tx: Queryable): Promise<Version | null> {
  const [row] = await tx.query<{ incarnation: string; lsn: string; ordinal: number }>(
    'select incarnation, lsn, ordinal from people.consumer_positions where consumer = $1 for update',
    [directoryGroup],
  );
  return row ? { incarnation: row.incarnation, lsn: BigInt(row.lsn), ordinal: row.ordinal } : null;
}

async function writePosition(tx: Queryable, { incarnation, lsn, ordinal }: Version): Promise<void> {
  await tx.query(
    `insert into people.consumer_positions (consumer, incarnation, lsn, ordinal) values ($1, $2, $3::numeric, $4)
     on conflict (consumer) do update set incarnation = excluded.incarnation, lsn = excluded.lsn, ordinal = excluded.ordinal`,
    [directoryGroup, incarnation, lsn.toString(), ordinal],
  );
}
