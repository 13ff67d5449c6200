import { type Clock, systemClock } from '../../../../kernel/clock.ts';
import { systemContext } from '../../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../../kernel/ids.ts';
import type { Log } from '../../../../kernel/log.ts';
import type { NotifyRule } from '../../../../model/conversation.ts';
import type { ChatApi, NotifyPreference } from '../../../../services/chat/api.ts';

/** What one user wants to be alerted of, now. */
export interface UserPreferences {
  ruleOf(conversation: ConversationId): NotifyRule;
}

export interface NotifyPreferences {
  /** Resolves once they are known; who follows has to leave. */
  follow(user: AccountId): Promise<UserPreferences>;
  leave(user: AccountId): void;
}

/** A change of preferences is heeded after this time at the latest. */
const everyMs = 10_000;
const usersPerCall = 500;

class Followed implements UserPreferences {
  readonly clock: Clock;
  followers = 0;
  loading: Promise<void> | null = null;
  /** Only where less than everything is wanted. */
  known: ReadonlyMap<ConversationId, NotifyPreference> = new Map();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  ruleOf(conversation: ConversationId): NotifyRule {
    const preference = this.known.get(conversation);
    if (!preference) return 'all';
    const { notify, mutedUntil } = preference;
    return mutedUntil !== null && Date.parse(mutedUntil) > this.clock.wall() ? 'none' : notify;
  }
}

/**
 * The preferences of everybody who follows their notifications on this process: they change seldom, and no event tells of it, so
 * they are read again every ten seconds, those of 500 people in one call. While chat is away the last known ones hold.
 */
export function createNotifyPreferences(deps: {
  readonly chat: Pick<ChatApi, 'notifyPreferencesOf'>;
  readonly log: Log;
  readonly clock?: Clock;
}): NotifyPreferences {
  const { chat, log, clock = systemClock } = deps;
  const users = new Map<AccountId, Followed>();
  let timer: NodeJS.Timeout | null = null;

  async function load(some: readonly AccountId[]): Promise<void> {
    const known = new Map(some.map((user) => [user, new Map<ConversationId, NotifyPreference>()]));
    for (const preference of await chat.notifyPreferencesOf(systemContext('graphql.notify'), some)) {
      known.get(preference.user)?.set(preference.conversation, preference);
    }
    for (const [user, preferences] of known) {
      const followed = users.get(user);
      if (followed) followed.known = preferences;
    }
  }

  async function loadAll(): Promise<void> {
    const all = [...users.keys()];
    try {
      for (let at = 0; at < all.length; at += usersPerCall) await load(all.slice(at, at + usersPerCall));
    } catch (err) {
      log.warn({ err }, 'preferences of notifications could not be read again; the last known ones hold');
    }
    plan();
  }

  function plan(): void {
    timer = users.size === 0 ? null : setTimeout(loadAll, everyMs).unref();
  }

  function leave(user: AccountId): void {
    const followed = users.get(user);
    if (followed && --followed.followers === 0) users.delete(user);
  }

  return {
    async follow(user) {
      const followed = users.get(user) ?? new Followed(clock);
      users.set(user, followed);
      followed.followers++;
      if (!timer) plan();
      followed.loading ??= load([user]);
      try {
        await followed.loading;
      } catch (thrown) {
        followed.loading = null;
        leave(user);
        throw thrown;
      }
      return followed;
    },
    leave,
  };
}
