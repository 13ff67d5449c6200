import type { Clock } from '../../../kernel/clock.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId, HubId } from '../../../kernel/ids.ts';
import { neverSeen } from '../../../model/presence.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';

interface HubEntry {
  /** Monotonic milliseconds. */
  expires: number;
  readonly conversations: Set<ConversationId>;
  readonly users: Set<AccountId>;
}

/** Users whose last departure is remembered; the earliest go first. */
const remembered = 50_000;

/** The registry of one process. Leases run on the monotonic clock: a jump of the wall clock must not deafen hubs (rule 6). */
export function createMemoryHubRegistry({ clock }: { readonly clock: Clock }): HubRegistry {
  const known = new Map<HubId, HubEntry>();
  // Hubs whose lease ran out and who have not been told yet.
  const lapsed = new Set<HubId>();
  const byConversation = new Map<ConversationId, Set<HubId>>();
  const byUser = new Map<AccountId, Set<HubId>>();
  const seen = new Map<AccountId, string>();

  function note(user: AccountId): void {
    seen.delete(user); // what is noted last stands last
    seen.set(user, new Date(clock.wall()).toISOString());
    if (seen.size > remembered) seen.delete(seen.keys().next().value as AccountId);
  }

  function live(hub: HubId): HubEntry {
    endLeases();
    const entry = known.get(hub);
    if (!entry) throw fail('service.unavailable', `The hub ${hub} holds no lease: it must renew and register anew.`);
    return entry;
  }

  function endLeases(): void {
    const now = clock.monotonic();
    for (const [hub, entry] of known) {
      if (entry.expires > now) continue;
      forget(hub);
      lapsed.add(hub);
    }
  }

  function forget(hub: HubId): void {
    const entry = known.get(hub);
    if (!entry) return;
    known.delete(hub);
    remove(byConversation, entry.conversations, hub);
    remove(byUser, entry.users, hub);
  }

  function find<K>(index: ReadonlyMap<K, ReadonlySet<HubId>>, keys: readonly K[]): Map<K, readonly HubId[]> {
    endLeases();
    const found = new Map<K, readonly HubId[]>();
    for (const key of keys) {
      const hubs = index.get(key);
      if (hubs) found.set(key, [...hubs]);
    }
    return found;
  }

  return {
    guarantees: { shared: false },
    async renew(hub, leaseMs) {
      endLeases();
      const expires = clock.monotonic() + leaseMs;
      const entry = known.get(hub);
      if (entry) entry.expires = expires;
      else known.set(hub, { expires, conversations: new Set(), users: new Set() });
      return !lapsed.delete(hub);
    },
    async serve(hub, conversations) {
      add(byConversation, live(hub).conversations, conversations, hub);
    },
    async release(hub, conversations) {
      const entry = known.get(hub);
      for (const conversation of conversations) entry?.conversations.delete(conversation);
      remove(byConversation, conversations, hub);
    },
    async hold(hub, users) {
      add(byUser, live(hub).users, users, hub);
    },
    async drop(hub, users) {
      const entry = known.get(hub);
      for (const user of users) if (entry?.users.delete(user)) note(user);
      remove(byUser, users, hub);
    },
    hubsOfConversations: async (conversations) => find(byConversation, conversations),
    hubsOfUsers: async (users) => find(byUser, users),
    async presenceOf(users) {
      endLeases();
      const of = (user: AccountId) => {
        if (byUser.has(user)) return { online: true, lastSeen: null };
        const lastSeen = seen.get(user);
        return lastSeen === undefined ? neverSeen : { online: false, lastSeen };
      };
      return new Map(users.map((user) => [user, of(user)]));
    },
    async hubs() {
      endLeases();
      return [...known.keys()];
    },
    async leave(hub) {
      forget(hub);
      lapsed.delete(hub);
    },
    async close() {},
  };
}

function add<K>(index: Map<K, Set<HubId>>, own: Set<K>, keys: readonly K[], hub: HubId): void {
  for (const key of keys) {
    own.add(key);
    const hubs = index.get(key);
    if (hubs) hubs.add(hub);
    else index.set(key, new Set([hub]));
  }
}

function remove<K>(index: Map<K, Set<HubId>>, keys: Iterable<K>, hub: HubId): void {
  for (const key of keys) {
    const hubs = index.get(key);
    if (hubs?.delete(hub) && hubs.size === 0) index.delete(key);
  }
}
