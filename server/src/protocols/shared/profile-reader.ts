import { createByteCache } from '../../kernel/byte-cache.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { type Context, systemContext } from '../../kernel/context.ts';
import { toFailure } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import { type Profile, profileBytes, unknownProfile } from '../../model/account.ts';
import type { PeopleApi } from '../../services/people/api.ts';

/** The names beside what was said. */
export interface ProfileReader {
  /** One call for all; who has no profile yet is left out, and while people is away whoever was not seen before. */
  read(ctx: Context, ids: Iterable<AccountId>): Promise<ReadonlyMap<AccountId, Profile>>;
}

/** Some 20,000 profiles of the usual size. */
const maxBytes = 16 * 1024 * 1024;
/** A name is worth so much waiting. */
const patienceMs = 2_000;

/**
 * Names are no reason to keep a history back or a socket closed: once people has not answered, nobody waits for it until it
 * does, and the last known names are shown.
 */
export function createProfileReader(deps: {
  readonly people: Pick<PeopleApi, 'getProfiles'>;
  readonly log: Log;
  readonly clock?: Clock;
}): ProfileReader {
  const { people, log, clock = systemClock } = deps;
  const lastKnown = createByteCache<Profile>({ maxBytes, sizeOf: profileBytes });
  let away = false;
  let probing = false;

  async function ask(ctx: Context, ids: readonly AccountId[]): Promise<Map<AccountId, Profile>> {
    const profiles = await people.getProfiles(ctx, ids);
    for (const profile of profiles) lastKnown.set(profile.id, profile);
    away = false;
    return new Map(profiles.map((profile) => [profile.id, profile]));
  }

  function recall(ids: readonly AccountId[]): Map<AccountId, Profile> {
    return new Map(
      ids.flatMap((id) => {
        const profile = lastKnown.get(id);
        return profile ? [[id, profile] as const] : [];
      }),
    );
  }

  function probe(ids: readonly AccountId[]): void {
    if (probing) return;
    probing = true;
    ask(systemContext('profiles', patienceMs), ids)
      .catch(() => {})
      .finally(() => {
        probing = false;
      });
  }

  return {
    async read(ctx, ids) {
      const wanted = [...new Set(ids)];
      if (wanted.length === 0) return new Map();
      if (away) {
        probe(wanted);
        return recall(wanted);
      }
      try {
        return await ask({ ...ctx, deadline: Math.min(ctx.deadline, clock.monotonic() + patienceMs) }, wanted);
      } catch (thrown) {
        if (!toFailure(thrown).row.retryable) throw thrown;
        log.warn({ err: thrown }, 'profiles cannot be read; the last known names are shown until they can');
        away = true;
        return recall(wanted);
      }
    },
  };
}

/** A profile follows its account a moment later: until then the account has an id and no name. */
export function profileOf(profiles: ReadonlyMap<AccountId, Profile>, id: AccountId): Profile {
  return profiles.get(id) ?? unknownProfile(id);
}
