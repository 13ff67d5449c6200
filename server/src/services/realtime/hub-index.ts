import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import type { LiveConnection } from './connections/live-connection.ts';
import { ServedConversation, type Stay } from './served-conversation.ts';

/** Somebody with at least one connection here; what their connections share. */
export class LocalUser {
  readonly id: AccountId;
  readonly connections: LiveConnection[] = [];
  readonly conversations: ServedConversation[] = [];
  /** The memberships have been read and the stream keeps them up to date. */
  loaded = false;
  loading: Promise<void> | null = null;
  /** Stays that ended while the memberships were being read: what was read of them is out of date. */
  ended: Map<ConversationId, number> | null = null;

  constructor(id: AccountId) {
    this.id = id;
  }
}

/** What the index asks to be made known to, or forgotten by, the registry. */
export interface IndexEvents {
  onUserGone(user: LocalUser): void;
  onConversationEmpty(served: ServedConversation): void;
}

/** Who is connected here and which conversations that concerns. Pure memory: never waits. */
export class HubIndex {
  readonly users = new Map<AccountId, LocalUser>();
  readonly served = new Map<ConversationId, ServedConversation>();
  readonly connections = new Set<LiveConnection>();
  private readonly events: IndexEvents;
  private clock = 0;

  constructor(events: IndexEvents) {
    this.events = events;
  }

  /** A moment, to say what was read before what. */
  stamp(): number {
    return ++this.clock;
  }

  userOf(id: AccountId): LocalUser {
    let user = this.users.get(id);
    if (!user) {
      user = new LocalUser(id);
      this.users.set(id, user);
    }
    return user;
  }

  attach(connection: LiveConnection): void {
    this.connections.add(connection);
    const user = this.userOf(connection.user.id);
    user.connections.push(connection);
    for (const served of user.conversations) served.changed();
  }

  detach(connection: LiveConnection): void {
    if (!this.connections.delete(connection)) return;
    const user = this.userOf(connection.user.id);
    user.connections.splice(user.connections.indexOf(connection), 1);
    for (const served of user.conversations) served.changed();
    if (user.connections.length > 0) return;
    this.users.delete(user.id);
    for (const served of user.conversations.splice(0)) {
      served.remove(user.id);
      this.releaseIfEmpty(served);
    }
    this.events.onUserGone(user);
  }

  conversationOf(id: ConversationId): ServedConversation {
    let served = this.served.get(id);
    if (!served) {
      served = new ServedConversation(id);
      this.served.set(id, served);
    }
    return served;
  }

  /** False: the user has gone, or is a member already (the stream, not a read, replaces a stay). */
  join(served: ServedConversation, user: LocalUser, stay: Stay): boolean {
    if (this.users.get(user.id) !== user || served.members.has(user.id)) return false;
    served.add(user, stay);
    user.conversations.push(served);
    return true;
  }

  /** Ends that stay and no later one. True: it was open here. */
  leave(served: ServedConversation, user: AccountId, joinedRev: number): boolean {
    const member = served.members.get(user);
    if (member?.joinedRev !== joinedRev) return false;
    served.remove(user);
    const { conversations } = this.userOf(user);
    conversations.splice(conversations.indexOf(served), 1);
    return true;
  }

  releaseIfEmpty(served: ServedConversation): void {
    if (served.members.size > 0 || served.claims > 0 || this.served.get(served.id) !== served) return;
    this.served.delete(served.id);
    this.events.onConversationEmpty(served);
  }
}
