import type { AccountId } from '../../kernel/ids.ts';
import type { Change } from '../../model/change.ts';
import type { AccountRow } from '../../model/identity-rows.ts';
import type { ProfileRow } from '../../model/people-rows.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { SqlSession } from '../../ports/sql.ts';
import type { ProfileCache } from './profile-cache.ts';
import { eraseProfiles, insertProfiles, type NewProfile } from './store.ts';

/** Folds changes of identity.accounts into profiles. */
export function foldAccounts(changes: readonly Change<object>[]): ((tx: SqlSession) => Promise<void>) | null {
  const present = new Map<AccountId, NewProfile>();
  const deleted = new Set<AccountId>();
  for (const { source, after } of changes) {
    if (source.table !== 'accounts' || !after) continue;
    const { id, username, name, deleted_at } = after as AccountRow;
    if (deleted_at === null) present.set(id, { id, username, name });
    else deleted.add(id);
  }
  for (const id of deleted) present.delete(id);
  // Most changes are of sessions.
  if (present.size + deleted.size === 0) return null;
  return async (tx) => {
    await Promise.all([insertProfiles(tx, [...present.values()]), eraseProfiles(tx, [...deleted])]);
  };
}

/** Forgets what others have changed. */
export function onProfileChanges(records: readonly BusRecord[], cache: ProfileCache): void {
  const changed = records.filter(({ value }) => value.source.table === 'profiles');
  if (changed.length > 0) cache.forget(changed.map(({ value }) => ((value.after ?? value.before) as ProfileRow).id));
}
