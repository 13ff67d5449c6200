import { LRUCache } from 'lru-cache';
import type { AccountId } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';

/** Profiles that were read lately; a process may lose it at any time. */
export interface ProfileCache {
  get(id: AccountId): Profile | undefined;
  /** Call before reading; what is read is kept only if nothing was forgotten in the meantime. */
  begin(): { keep(profile: Profile): void };
  forget(ids: Iterable<AccountId>): void;
  /** Forgets all. */
  clear(): void;
}

/** `maxProfiles` at about 300 bytes each; `ttlMs` bounds what a change stream that stands still can hide. */
export function createProfileCache(maxProfiles: number, ttlMs: number): ProfileCache {
  const profiles = new LRUCache<AccountId, Profile>({ max: maxProfiles, ttl: ttlMs });
  let forgotten = 0;
  return {
    get: (id) => profiles.get(id),
    begin() {
      // A change that arrives between the read and the keeping would otherwise be covered by the older row, for long.
      const before = forgotten;
      return {
        keep(profile) {
          if (before === forgotten) profiles.set(profile.id, profile);
        },
      };
    },
    forget(ids) {
      forgotten++;
      for (const id of ids) profiles.delete(id);
    },
    clear() {
      forgotten++;
      profiles.clear();
    },
  };
}
