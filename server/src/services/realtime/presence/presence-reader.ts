import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/log.ts';
import { withGrace } from '../../../model/presence.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import type { PeopleApi } from '../../people/api.ts';
import type { PresenceApi } from '../api.ts';

/** After a failure nobody waits for the registry for so long. */
const pauseMs = 2_000;

/** Presence in a process that may have no hub. While the registry is away nobody is online; nothing else suffers from it. */
export function createPresenceReader(deps: {
  readonly registry: Pick<HubRegistry, 'presenceOf'>;
  readonly people: Pick<PeopleApi, 'blocksAgainst'>;
  readonly clock: Clock;
  readonly log: Log;
}): PresenceApi {
  const { registry, people, clock, log } = deps;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  return {
    async presenceOf(ctx, users) {
      if (users.length === 0 || clock.monotonic() < pausedUntil) return new Map();
      try {
        const watcher = ctx.principal?.account;
        const [found, blocks] = await Promise.all([
          registry.presenceOf([...new Set(users)]),
          watcher ? people.blocksAgainst(ctx, [watcher]) : [],
        ]);
        const hiding = new Set(blocks.map(({ owner }) => owner));
        const now = clock.wall();
        const shown = [...found].filter(([user]) => !hiding.has(user));
        return new Map(shown.map(([user, presence]) => [user, withGrace(presence, now)]));
      } catch (err) {
        pausedUntil = clock.monotonic() + pauseMs;
        log.warn({ err }, 'the registry does not say who is online: everybody is shown as offline meanwhile');
        return new Map();
      }
    },
  };
}
