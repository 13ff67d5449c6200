import { systemContext } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import { conversationLimits, type Membership } from '../../../model/conversation.ts';
import type { DurableDelivery } from '../../../model/delivery.ts';
import type { ConversationView } from '../../chat/api.ts';
import type { TrustedChatApi } from '../../chat/trusted-api.ts';
import type { HubEvent } from '../api.ts';
import type { HubIndex, LocalUser } from '../hub-index.ts';
import { insist } from '../insist.ts';
import type { Scheduler } from '../scheduler.ts';
import type { ServedConversation } from '../served-conversation.ts';
import type { FanOut } from './fan-out.ts';

export type MembersDelivery = Extract<DurableDelivery, { readonly kind: 'members' }>;
export type SettingsDelivery = Extract<DurableDelivery, { readonly kind: 'conversation' }>;

/** Folds who may hear a conversation into the index and tells those concerned. */
export interface Members {
  /** The change that is next in order; a promise when somebody here has to be introduced before anything else goes on. */
  apply(served: ServedConversation, change: MembersDelivery): Promise<void> | undefined;
  /** One that came after later ones: an end still ends; a beginning is checked by reading the memberships again. */
  late(served: ServedConversation | undefined, change: MembersDelivery): void;
  settings(served: ServedConversation, change: SettingsDelivery): void;
  /** Tells users who became members the whole view; who turns out not to be a member any more is taken out again. */
  introduce(
    served: ServedConversation,
    users: readonly LocalUser[],
    change: 'created' | 'joined',
    rev: number,
  ): Promise<void>;
}

/** Frames that one rev may cause per connection; beyond, one `updated` says "look again". */
const framesPerRev = 20;

export function createMembers(deps: {
  readonly chat: Pick<TrustedChatApi, 'viewFor'>;
  readonly index: HubIndex;
  readonly fanOut: FanOut;
  readonly scheduler: Scheduler;
  readonly log: Log;
  reload(user: LocalUser): void;
}): Members {
  const { chat, index, fanOut, scheduler, log } = deps;

  function apply(served: ServedConversation, change: MembersDelivery): Promise<void> | undefined {
    const { rev } = change;
    const events: HubEvent[] = [];
    const newcomers: LocalUser[] = [];
    const told = new Set<AccountId>();
    for (const stay of change.members) {
      const user = index.users.get(stay.user);
      if (stay.leftRev !== null) end(served, stay);
      else if (user && enters(served, user, stay, rev)) newcomers.push(user);
      else if (user) tellRole(served, user, stay);
      // Also of an end: who has come back already must not take the end of the earlier stay for that of this one.
      told.add(stay.user);
      events.push({
        kind: 'conversation',
        change: wordFor(stay, rev),
        rev,
        conversation: { id: served.id },
        user: stay.user,
      });
    }
    if (!change.created) tellOthers(served, rev, events, told);
    if (newcomers.length > 0) return introduce(served, newcomers, change.created ? 'created' : 'joined', rev);
    return undefined;
  }

  /** Whether this stay is news to a local user: entered now, or entered by a read that was ahead of the stream. */
  function enters(served: ServedConversation, user: LocalUser, stay: Membership, rev: number): boolean {
    return index.join(served, user, stay) || stay.joinedRev === rev;
  }

  function end(served: ServedConversation | undefined, stay: Membership): void {
    const user = index.users.get(stay.user);
    if (!user) return;
    noteEnd(user, stay.conversation, stay.joinedRev);
    if (served) index.leave(served, stay.user, stay.joinedRev);
    // Told even if it was not entered here: clients learn of conversations by other ways too. Not to who has come back.
    if (!served?.members.has(stay.user)) tellLeft(stay.conversation, user, stay.leftRev ?? stay.rev);
  }

  /** A read of memberships that is under way may still show the stay. */
  function noteEnd(user: LocalUser, conversation: ConversationId, joinedRev: number): void {
    user.ended?.set(conversation, Math.max(joinedRev, user.ended.get(conversation) ?? 0));
  }

  function tellLeft(id: ConversationId, user: LocalUser, rev: number): void {
    endHolds(id, user);
    const conversation = { id };
    fanOut.tell([...user.connections], { kind: 'conversation', change: 'left', rev, conversation, user: user.id });
  }

  /** A stay's beginning or end is told at once: a resume under way has nothing to add to it. */
  function endHolds(id: ConversationId, user: LocalUser): void {
    for (const connection of user.connections) {
      const hold = connection.holds?.get(id);
      if (!hold) continue;
      hold.over = true;
      connection.holds?.delete(id);
      if (connection.holds?.size === 0) connection.holds = null;
    }
  }

  function tellRole(served: ServedConversation, user: LocalUser, stay: Membership): void {
    const conversation = { id: served.id, role: stay.role };
    const event: HubEvent = { kind: 'conversation', change: 'updated', rev: stay.rev, conversation, user: stay.user };
    fanOut.tell([...user.connections], event, { served, rev: stay.rev });
  }

  function tellOthers(
    served: ServedConversation,
    rev: number,
    events: readonly HubEvent[],
    told: ReadonlySet<AccountId>,
  ): void {
    // Rule 19: nobody follows the coming and going in a very big conversation.
    if (served.members.size > conversationLimits.ephemeralTo) {
      keepUntold(served, rev);
      return;
    }
    fanOut.tellUntold(served);
    const others = served.audience().filter((connection) => !told.has(connection.user.id));
    const frames: readonly HubEvent[] =
      events.length <= framesPerRev
        ? events
        : [{ kind: 'conversation', change: 'updated', rev, conversation: { id: served.id } }];
    for (const event of frames) fanOut.tell(others, event, { served, rev });
  }

  function keepUntold(served: ServedConversation, rev: number): void {
    // A repair may have skipped revs: those are a hole for the client, and must stay one.
    if (served.untold && served.untold.rev + 1 !== rev) fanOut.tellUntold(served);
    served.untold = { since: served.untold?.since ?? rev - 1, rev };
  }

  async function introduce(
    served: ServedConversation,
    users: readonly LocalUser[],
    change: 'created' | 'joined',
    rev: number,
  ): Promise<void> {
    let shared: ConversationView | null = null;
    for (const user of users) {
      const view: ConversationView | null | 'unknown' = shared
        ? asSeenBy(shared, served, user)
        : await viewOf(served, user, rev);
      // Before the first message a group looks the same to everybody: asked once, however many were invited.
      if (change === 'created' && view && view !== 'unknown' && view.lastSeq === 0 && view.kind !== 'direct')
        shared ??= view;
      if (view === null) {
        // They have left in the meantime; they may know the conversation from a read that was ahead of the stream.
        const member = served.members.get(user.id);
        if (!member) continue;
        noteEnd(user, served.id, member.joinedRev);
        index.leave(served, user.id, member.joinedRev);
        tellLeft(served.id, user, rev);
        continue;
      }
      const conversation = view === 'unknown' ? { id: served.id } : view;
      const event: HubEvent = { kind: 'conversation', change, rev, conversation, user: user.id };
      endHolds(served.id, user);
      fanOut.tell([...user.connections], event);
    }
    index.releaseIfEmpty(served);
  }

  /** null: not a member (any more). 'unknown': could not be read now; the client is told the id and asks for the rest. */
  async function viewOf(
    served: ServedConversation,
    user: LocalUser,
    minRev: number,
  ): Promise<ConversationView | null | 'unknown'> {
    try {
      const context = systemContext('realtime.introduce');
      const request = { conversation: served.id, user: user.id, minRev };
      const view = await insist(scheduler, () => chat.viewFor(context, request));
      return view?.role ? view : null;
    } catch (error) {
      log.warn(
        { err: error, conversation: served.id },
        'a new member could not be given the conversation, only its id',
      );
      return 'unknown';
    }
  }

  return {
    apply,
    late(served, change) {
      for (const stay of change.members) {
        if (stay.leftRev !== null) {
          end(served, stay);
          continue;
        }
        const user = index.users.get(stay.user);
        if (user && stay.joinedRev === change.rev && !served?.members.has(stay.user)) deps.reload(user);
      }
    },
    settings(served, { change, rev, settings }) {
      fanOut.tellUntold(served);
      const conversation = { id: served.id, ...(change === 'updated' ? settings : {}) };
      fanOut.tell(served.audience(), { kind: 'conversation', change, rev, conversation }, { served, rev });
      if (change === 'updated') return;
      // Deleting ends every stay (ChatApi), under the same rev.
      for (const member of [...served.members.values()]) {
        member.user.ended?.set(served.id, Number.MAX_SAFE_INTEGER);
        index.leave(served, member.user.id, member.joinedRev);
      }
    },
    introduce,
  };
}

function wordFor(stay: Membership, rev: number): 'joined' | 'left' | 'updated' {
  if (stay.leftRev !== null) return 'left';
  return stay.joinedRev === rev ? 'joined' : 'updated';
}

function asSeenBy(view: ConversationView, served: ServedConversation, user: LocalUser): ConversationView {
  return { ...view, role: served.members.get(user.id)?.role ?? 'member' };
}
