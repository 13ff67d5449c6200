import { systemContext } from '../../../kernel/context.ts';
import { gather } from '../../../kernel/gather.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Membership } from '../../../model/conversation.ts';
import type { TrustedChatApi } from '../../chat/trusted-api.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import type { Members } from '../delivering/members.ts';
import type { HubIndex, LocalUser } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { Registrar } from './registrar.ts';
import type { Starter } from './starter.ts';

/** Brings the memberships of users into the index. */
export interface Loader {
  /** For a user whose first connection opens; batched over users, single-flight per user. */
  load(user: LocalUser): Promise<void>;
  /** Reads again for a user who is loaded and tells their connections what they had not been told. */
  reload(user: LocalUser): Promise<void>;
}

/**
 * Nothing may be lost or leak between reading a membership and entering it, so:
 * - the registry holds the user before the read: whatever changes after it is delivered to this hub;
 * - a row counts only if the conversation's position was known before the read was asked for: what changed after that
 *   position comes through the stream, what changed before is in the row (rule 16);
 * - a stay that the stream ended during the read is skipped (`ended`).
 */
export function createLoader(deps: {
  readonly chat: Pick<TrustedChatApi, 'membershipsOf'>;
  readonly index: HubIndex;
  readonly registrar: Registrar;
  readonly starter: Starter;
  readonly members: Members;
  readonly scheduler: Scheduler;
  readonly usersPerRead: number;
  readonly log: Log;
  /** Ends connections that cannot be kept right: they resume. */
  lose(connections: readonly LiveConnection[]): void;
}): Loader {
  const { chat, index, registrar, starter, members, scheduler, log } = deps;

  const read = gather<LocalUser, void>({
    soon: (task) => scheduler.soon(task),
    max: deps.usersPerRead,
    atOnce: 2,
    async ask(users) {
      await readAll(users);
      return users.map(() => undefined);
    },
  });

  async function readAll(users: readonly LocalUser[]): Promise<void> {
    const claimed = new Set<ServedConversation>();
    const byId = new Map<AccountId, LocalUser>();
    for (const user of users) {
      user.ended = new Map();
      byId.set(user.id, user);
    }
    try {
      await insist(scheduler, () => registrar.hold([...byId.keys()]));
      let asked = [...byId.keys()];
      while (asked.length > 0) {
        const moment = index.stamp();
        const rows = await insist(scheduler, () => chat.membershipsOf(systemContext('realtime.load'), asked));
        const early = rows.filter((row) => !enter(row, byId.get(row.user), moment));
        await Promise.all(early.map((row) => know(row, claimed)));
        asked = [...new Set(early.map((row) => row.user))];
      }
      for (const user of users) user.loaded = true;
    } finally {
      for (const user of users) user.ended = null;
      for (const served of claimed) {
        served.claims--;
        index.releaseIfEmpty(served);
      }
    }
  }

  /** False: the row was read too early to count. */
  function enter(row: Membership, user: LocalUser | undefined, moment: number): boolean {
    if (!user || index.users.get(user.id) !== user) return true;
    if ((user.ended?.get(row.conversation) ?? -1) >= row.joinedRev) return true;
    const served = index.served.get(row.conversation);
    if (!served?.known || served.knownSince > moment) return false;
    if (index.join(served, user, row) && user.connections.some((connection) => connection.ready)) {
      // Told with the rev delivered so far: changes that follow continue from there.
      members.introduce(served, [user], 'joined', served.lastRev).catch((err) => {
        log.error(
          { err, conversation: served.id },
          'a conversation could not be told of; the connections have to resume',
        );
        deps.lose([...user.connections]);
      });
    }
    return true;
  }

  async function know(row: Membership, claimed: Set<ServedConversation>): Promise<void> {
    const served = index.conversationOf(row.conversation);
    if (!claimed.has(served)) {
      claimed.add(served);
      served.claims++;
    }
    if (!served.known) await starter.fromHead(served);
  }

  function start(user: LocalUser): Promise<void> {
    user.loading ??= read(user).finally(() => {
      user.loading = null;
    });
    return user.loading;
  }

  return {
    load: start,
    async reload(user) {
      try {
        // One that began earlier may have read what is now out of date.
        if (user.loading) await user.loading.catch(() => {});
        await start(user);
      } catch (error) {
        log.warn({ err: error, user: user.id }, 'memberships could not be read again; the connections have to resume');
        deps.lose([...user.connections]);
      }
    },
  };
}
