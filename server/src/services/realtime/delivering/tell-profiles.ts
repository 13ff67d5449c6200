import { systemContext } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Profile } from '../../../model/account.ts';
import { type Change, unavailable } from '../../../model/change.ts';
import { type ProfileRow, toProfile } from '../../../model/people-rows.ts';
import type { TrustedChatApi } from '../../chat/trusted-api.ts';
import type { RealtimeConfig } from '../config.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Outbound } from '../connections/outbound.ts';
import type { HubIndex } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { FanOut } from './fan-out.ts';

/**
 * Tells changed profiles to whoever here shows them: the connections of all conversations that the account is in or was in, and its own.
 * The conversations are asked for once per change and hub, however many members they have; while that question is under way further
 * changes gather, and of one account only the newest is told.
 */
export interface TellProfiles {
  apply(change: Change<object>): void;
}

/** Accounts in one question: each may have tens of thousands of conversations. */
const accountsPerRead = 50;

export function createTellProfiles(deps: {
  readonly chat: Pick<TrustedChatApi, 'conversationsOf'>;
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly outbound: Outbound;
  readonly config: Pick<RealtimeConfig, 'writesPerTurn'>;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Some were not told: everybody here has to look again. */
  onMissed(): void;
}): TellProfiles {
  const { chat, index, fanOut, outbound, config, scheduler, log } = deps;
  let waiting = new Map<AccountId, Profile>();
  let telling = false;

  async function tellWaiting(): Promise<void> {
    telling = true;
    while (waiting.size > 0) {
      const ids = [...waiting.keys()].slice(0, accountsPerRead);
      try {
        const read = () => chat.conversationsOf(systemContext('realtime.profiles'), ids);
        const shown = new Map((await insist(scheduler, read)).map((row) => [row.user, row.conversations]));
        for (const id of ids) {
          const profile = waiting.get(id);
          waiting.delete(id);
          if (profile) fanOut.tell([...audienceOf(id, shown.get(id) ?? [])], { kind: 'user', profile });
          if (outbound.waiting >= config.writesPerTurn) await outbound.flushed();
        }
      } catch (err) {
        log.warn({ err }, 'who shows a changed profile cannot be read: connections are told to look again');
        waiting = new Map();
        deps.onMissed();
      }
    }
    telling = false;
  }

  /** Each connection once, though it shares many conversations with the account. */
  function audienceOf(account: AccountId, conversations: readonly ConversationId[]): Set<LiveConnection> {
    const audience = new Set<LiveConnection>();
    for (const id of conversations) {
      for (const connection of index.served.get(id)?.audience() ?? []) {
        if (connection.only === null || connection.only.has(id)) audience.add(connection);
      }
    }
    for (const connection of index.users.get(account)?.connections ?? []) {
      if (connection.only === null) audience.add(connection);
    }
    return audience;
  }

  return {
    apply({ source, op, before, after }) {
      // What a snapshot reads is no news: after a lost slot every hub is deaf, and says so.
      if (source.table !== 'profiles' || !after || op === 'r' || index.connections.size === 0) return;
      const row = after as ProfileRow;
      if (Object.values(row).includes(unavailable)) return deps.onMissed();
      // Settings are nobody else's business, and change no version.
      if ((before as ProfileRow | null)?.version === row.version && row.version !== undefined) return;
      waiting.set(row.id, toProfile(row));
      if (!telling) void tellWaiting();
    },
  };
}
