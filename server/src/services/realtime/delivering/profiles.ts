import { createByteCache } from '../../../kernel/byte-cache.ts';
import { systemContext } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Profile, profileBytes, unknownProfile } from '../../../model/account.ts';
import { type Change, unavailable } from '../../../model/change.ts';
import { type ProfileRow, toProfile } from '../../../model/people-rows.ts';
import type { PeopleApi } from '../../people/api.ts';

/** Some 35,000 profiles of the usual size. */
const maxBytes = 24 * 1024 * 1024;

/**
 * Senders by id, in memory, so that a change can be fanned out without waiting. The least recently used is forgotten
 * first. A profile that is not there yet, or cannot be read now, never holds a message up: its names are empty and it is
 * asked for again at the next message. Once people has not answered nobody waits for it before it has.
 */
export interface Profiles {
  has(id: AccountId): boolean;
  get(id: AccountId): Profile;
  load(ids: Iterable<AccountId>): Promise<void>;
  /**
   * Folds what a change says (rule 12): asking again might be answered from a cache that has not heard of the change. What is
   * being read meanwhile is older.
   */
  apply(change: Change<object>): void;
  /** Changes may have been missed. */
  clear(): void;
}

export function createProfiles(people: Pick<PeopleApi, 'getProfiles'>, log: Log): Profiles {
  const known = createByteCache<Profile>({ maxBytes, sizeOf: profileBytes });
  let away = false;
  let reading = false;
  let cleared = 0;

  function remember(profile: Profile): void {
    known.set(profile.id, profile);
  }

  async function read(missing: readonly AccountId[]): Promise<void> {
    reading = true;
    const before = cleared;
    try {
      for (const profile of await people.getProfiles(systemContext('realtime.profiles', 2_000), missing)) {
        if (before === cleared && !known.has(profile.id)) remember(profile);
      }
      away = false;
    } catch (error) {
      if (!away) log.warn({ err: error }, 'senders cannot be read; their names are left empty until they can');
      away = true;
    }
    reading = false;
  }

  return {
    has: (id) => known.has(id),
    get: (id) => known.get(id) ?? unknownProfile(id),
    async load(ids) {
      const missing = [...new Set(ids)].filter((id) => !known.has(id));
      if (missing.length === 0) return;
      if (!away) await read(missing);
      else if (!reading) void read(missing);
    },
    apply({ source, after }) {
      if (source.table !== 'profiles' || !after) return;
      const row = after as ProfileRow;
      if (Object.values(row).includes(unavailable)) known.delete(row.id);
      else remember(toProfile(row));
    },
    clear() {
      cleared++;
      known.clear();
    },
  };
}
