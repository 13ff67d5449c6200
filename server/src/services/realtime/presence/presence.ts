import type { Clock } from '../../../kernel/clock.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Presence, withGrace } from '../../../model/presence.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { FanOut } from '../delivering/fan-out.ts';
import type { Blockers } from './blockers.ts';

/** Sweeps between two looks at those who are watched here and not connected here. */
const sweepsPerPoll = 2;
/** Users asked about in one look; more take turns. */
const usersPerPoll = 5_000;

const online: Presence = { online: true, lastSeen: null };
/** What the blocked are told. */
const unseen: Presence = { online: false, lastSeen: null };

/**
 * Who is online, derived from connections. A user stays online for a short grace after the last
 * connection has gone, so that reloading a page tells nobody anything. Who comes here is told of at once; of those connected to
 * other hubs the registry is asked, in one batch every few seconds, as long as anybody watches.
 */
export interface PresenceBook {
  came(user: AccountId): void;
  wentAway(user: AccountId): void;
  watch(connection: LiveConnection, users: readonly AccountId[]): void;
  unwatch(connection: LiveConnection): void;
  /** A block between the two began or ended: who watches is told what they are to see from now on. */
  blockChanged(owner: AccountId, watcher: AccountId): void;
  /** Ends the graces that are over and looks at the others in turn. */
  sweep(tick: number): void;
}

interface Watched {
  readonly audience: Set<LiveConnection>;
  /** null: nobody knows yet. */
  told: Presence | null;
}

export function createPresence(deps: {
  readonly fanOut: FanOut;
  readonly registry: Pick<HubRegistry, 'presenceOf'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly graceMs: number;
  readonly blockers: Pick<Blockers, 'hides' | 'load'>;
}): PresenceBook {
  const { fanOut, registry, clock, log, graceMs, blockers } = deps;
  /** Online by a connection of this hub, or by its grace. */
  const here = new Set<AccountId>();
  /** user → monotonic milliseconds when the last connection went. */
  const leaving = new Map<AccountId, number>();
  const watched = new Map<AccountId, Watched>();
  const wanted = new Set<AccountId>();
  const lastAsked = new WeakMap<LiveConnection, readonly AccountId[]>();
  let turn: AccountId[] = [];
  let asking = false;

  function show(user: AccountId, presence: Presence): void {
    const entry = watched.get(user);
    if (!entry) return;
    const { told } = entry;
    if (told && told.online === presence.online && told.lastSeen === presence.lastSeen) return;
    entry.told = presence;
    const audience = [...entry.audience].filter((connection) => !blockers.hides(user, connection.user.id));
    fanOut.tell(audience, { kind: 'presence', user, ...presence });
  }

  /** One question at a time, or an older answer could overtake a newer one. */
  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      while (wanted.size > 0) {
        const users = [...wanted];
        wanted.clear();
        for (const [user, presence] of await registry.presenceOf(users)) {
          if (here.has(user)) continue;
          // Only who was online has a grace: the way from one hub to another is no absence.
          show(user, watched.get(user)?.told?.online ? withGrace(presence, clock.wall(), graceMs) : presence);
        }
      }
    } catch (err) {
      log.debug({ err }, 'the registry does not say who is online; asked again soon');
    }
    asking = false;
  }

  function look(): void {
    if (turn.length === 0) turn = [...watched.keys()];
    for (const user of turn.splice(-usersPerPoll)) if (!here.has(user)) wanted.add(user);
  }

  function unwatch(connection: LiveConnection): void {
    for (const user of connection.watched ?? []) {
      const entry = watched.get(user);
      entry?.audience.delete(connection);
      if (entry?.audience.size === 0) watched.delete(user);
    }
    connection.watched = null;
  }

  function watch(connection: LiveConnection, users: readonly AccountId[]): void {
    unwatch(connection);
    connection.watched = users.length > 0 ? [...new Set(users)] : null;
    for (const user of connection.watched ?? []) {
      const entry = watched.get(user) ?? { audience: new Set(), told: here.has(user) ? online : null };
      watched.set(user, entry);
      entry.audience.add(connection);
      if (!entry.told) wanted.add(user);
      else if (blockers.hides(user, connection.user.id))
        fanOut.tell([connection], { kind: 'presence', user, ...unseen });
      else fanOut.tell([connection], { kind: 'presence', user, ...entry.told });
      // What it was told ended it, and it watches nobody any more.
      if (connection.gone) return;
    }
    void ask();
  }

  return {
    unwatch,
    came(user) {
      leaving.delete(user);
      here.add(user);
      show(user, online);
    },
    wentAway(user) {
      if (here.has(user)) leaving.set(user, clock.monotonic());
    },
    watch(connection, users) {
      lastAsked.set(connection, users);
      const loading = blockers.load(connection.user.id);
      if (!loading) watch(connection, users);
      // What was asked for meanwhile replaces it.
      else void loading.then(() => !connection.gone && lastAsked.get(connection) === users && watch(connection, users));
    },
    blockChanged(owner, watcher) {
      const entry = watched.get(owner);
      if (!entry?.told) return;
      const concerned = [...entry.audience].filter((connection) => connection.user.id === watcher);
      const presence = blockers.hides(owner, watcher) ? unseen : entry.told;
      fanOut.tell(concerned, { kind: 'presence', user: owner, ...presence });
    },
    sweep(tick) {
      const over = clock.monotonic() - graceMs;
      for (const [user, since] of leaving) {
        // The first still within its grace: all after it went later.
        if (since > over) break;
        leaving.delete(user);
        here.delete(user);
        if (watched.has(user)) wanted.add(user);
      }
      if (tick % sweepsPerPoll === 0) look();
      void ask();
    },
  };
}
