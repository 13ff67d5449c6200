import type { Clock } from '../../kernel/clock.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { FanOut } from './fan-out.ts';
import type { LiveConnection } from './live-connection.ts';

export interface Presence {
  readonly online: boolean;
  /** ISO 8601; null: online, or not seen since this process began. */
  readonly lastSeen: string | null;
}

/** Users whose last departure is remembered. */
const remembered = 50_000;

/**
 * Who is online, derived from connections (DESIGN "presence"). A user stays online for a short grace after the last
 * connection has gone, so that reloading a page tells nobody anything.
 */
export interface PresenceBook {
  came(user: AccountId): void;
  wentAway(user: AccountId): void;
  of(user: AccountId): Presence;
  watch(connection: LiveConnection, users: readonly AccountId[]): void;
  unwatch(connection: LiveConnection): void;
  /** Ends the graces that are over. */
  sweep(): void;
}

export function createPresence(deps: {
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly graceMs: number;
}): PresenceBook {
  const { fanOut, clock } = deps;
  const online = new Set<AccountId>();
  /** user → monotonic milliseconds when the last connection went. */
  const leaving = new Map<AccountId, number>();
  const lastSeen = new Map<AccountId, number>();
  const watchers = new Map<AccountId, Set<LiveConnection>>();

  function of(user: AccountId): Presence {
    if (online.has(user)) return { online: true, lastSeen: null };
    const seen = lastSeen.get(user);
    return { online: false, lastSeen: seen === undefined ? null : new Date(seen).toISOString() };
  }

  function tell(user: AccountId): void {
    const audience = watchers.get(user);
    if (audience) fanOut.tell([...audience], { op: 'presence', user, ...of(user) });
  }

  function unwatch(connection: LiveConnection): void {
    for (const user of connection.watched ?? []) {
      const audience = watchers.get(user);
      audience?.delete(connection);
      if (audience?.size === 0) watchers.delete(user);
    }
    connection.watched = null;
  }

  return {
    of,
    unwatch,
    came(user) {
      leaving.delete(user);
      lastSeen.delete(user);
      if (online.has(user)) return;
      online.add(user);
      tell(user);
    },
    wentAway(user) {
      if (!online.has(user)) return;
      leaving.set(user, clock.monotonic());
      if (lastSeen.size >= remembered) lastSeen.delete(lastSeen.keys().next().value as AccountId);
      lastSeen.set(user, clock.wall());
    },
    watch(connection, users) {
      unwatch(connection);
      connection.watched = users.length > 0 ? [...new Set(users)] : null;
      for (const user of connection.watched ?? []) {
        const audience = watchers.get(user);
        if (audience) audience.add(connection);
        else watchers.set(user, new Set([connection]));
        fanOut.tell([connection], { op: 'presence', user, ...of(user) });
      }
    },
    sweep() {
      const over = clock.monotonic() - deps.graceMs;
      for (const [user, since] of leaving) {
        // The first still within its grace: all after it went later.
        if (since > over) break;
        leaving.delete(user);
        online.delete(user);
        tell(user);
      }
    },
  };
}
