import { type Clock, systemClock } from '../../../../kernel/clock.ts';
import type { AccountId, ConversationId } from '../../../../kernel/ids.ts';
import type { Log } from '../../../../kernel/log.ts';
import type { NotifyRule, Preferences } from '../../../../model/conversation.ts';
import type { NotifyPreference } from '../../../../services/chat/api.ts';

/** What one user wants to be alerted of, now. */
export interface UserPreferences {
  ruleOf(conversation: ConversationId): NotifyRule;
  /** What the hub tells of them, as often as there are feeds; null: it may have missed some. */
  onChange(preferences: Preferences | null): void;
}

export interface NotifyPreferences {
  /** Resolves once they are known; who follows has to leave. */
  follow(user: AccountId): Promise<UserPreferences>;
  /** As soon as the hub tells of this user's changes here: those of before are nobody's news any more. */
  readAgain(user: AccountId): void;
  leave(user: AccountId): void;
}

const usersPerCall = 500;
const pauseMs = 1_000;

type Rule = Pick<NotifyPreference, 'notify' | 'mutedUntil'>;
type Rules = Map<ConversationId, Rule>;

class Followed implements UserPreferences {
  readonly user: AccountId;
  followers = 0;
  loading: Promise<void> | null = null;
  private known: Rules = new Map();
  /** Readings under way, and what was told meanwhile: it may be newer than what they bring. */
  private readings = 0;
  private readonly told: Rules = new Map();
  private readonly clock: Clock;
  private readonly onMissed: (user: AccountId) => void;

  constructor(user: AccountId, clock: Clock, onMissed: (user: AccountId) => void) {
    this.user = user;
    this.clock = clock;
    this.onMissed = onMissed;
  }

  ruleOf(conversation: ConversationId): NotifyRule {
    const rule = this.known.get(conversation);
    if (!rule) return 'all';
    return rule.mutedUntil !== null && Date.parse(rule.mutedUntil) > this.clock.wall() ? 'none' : rule.notify;
  }

  onChange(preferences: Preferences | null): void {
    if (!preferences) {
      this.onMissed(this.user);
      return;
    }
    this.known.set(preferences.conversation, preferences);
    if (this.readings > 0) this.told.set(preferences.conversation, preferences);
  }

  beginReading(): void {
    this.readings++;
  }

  endReading(read: Rules | null): void {
    if (read) this.known = new Map([...read, ...this.told]);
    if (--this.readings === 0) this.told.clear();
  }
}

/**
 * The preferences of everybody who follows their notifications on this process: read when they begin to, then kept by what the hub
 * tells of changes. Only where that may have missed some are they read again, those of 500 people in one call, until it succeeds; while
 * chat is away the last known ones hold.
 */
export function createNotifyPreferences(deps: {
  /** Those who want to be alerted of less than everything. */
  read(users: readonly AccountId[]): Promise<readonly NotifyPreference[]>;
  readonly log: Log;
  readonly clock?: Clock;
}): NotifyPreferences {
  const { log, clock = systemClock } = deps;
  const users = new Map<AccountId, Followed>();
  const doubted = new Set<AccountId>();
  let reading = false;

  async function load(some: readonly Followed[]): Promise<void> {
    for (const followed of some) followed.beginReading();
    let read: Map<AccountId, Rules> | null = null;
    try {
      const found = await deps.read(some.map(({ user }) => user));
      read = new Map(some.map(({ user }) => [user, new Map()]));
      for (const preference of found) read.get(preference.user)?.set(preference.conversation, preference);
    } finally {
      for (const followed of some) followed.endReading(read?.get(followed.user) ?? null);
    }
  }

  async function loadDoubted(): Promise<void> {
    if (reading) return;
    reading = true;
    // The hub tells all whom it concerns in one turn.
    await Promise.resolve();
    while (doubted.size > 0) {
      const some = [...doubted].slice(0, usersPerCall);
      for (const user of some) doubted.delete(user);
      const followed = some.flatMap((user) => users.get(user) ?? []);
      if (followed.length === 0) continue;
      try {
        await load(followed);
      } catch (err) {
        log.warn(
          { err },
          'preferences of notifications could not be read again; the last known ones hold until they can',
        );
        for (const user of some) doubted.add(user);
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
      }
    }
    reading = false;
  }

  function readAgain(user: AccountId): void {
    doubted.add(user);
    void loadDoubted();
  }

  function leave(user: AccountId): void {
    const followed = users.get(user);
    if (followed && --followed.followers === 0) users.delete(user);
  }

  return {
    async follow(user) {
      const followed = users.get(user) ?? new Followed(user, clock, readAgain);
      users.set(user, followed);
      followed.followers++;
      followed.loading ??= load([followed]);
      try {
        await followed.loading;
      } catch (thrown) {
        followed.loading = null;
        leave(user);
        throw thrown;
      }
      return followed;
    },
    readAgain,
    leave,
  };
}
