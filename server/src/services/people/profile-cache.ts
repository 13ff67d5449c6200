import { createByteCache } from '../../kernel/byte-cache.ts';
import type { AccountId } from '../../kernel/ids.ts';
import { type Profile, profileBytes } from '../../model/account.ts';

/** Profiles that were read lately; a process may lose it at any time. */
export interface ProfileCache {
  get(id: AccountId): Profile | undefined;
  /** Call before reading; what is read is kept only if nothing was forgotten in the meantime. */
  begin(): { keep(profile: Profile): void };
  forget(ids: Iterable<AccountId>): void;
  /** Forgets all. */
  clear(): void;
}

/** `maxBytes`, at some 700 for a profile; `ttlMs` bounds what a change stream that stands still can hide. */
export function createProfileCache(maxBytes: number, ttlMs: number): ProfileCache {
  const profiles = createByteCache<Profile>({ maxBytes, sizeOf: profileBytes, ttlMs });
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
