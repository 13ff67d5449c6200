import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import type { Membership, Role } from '../../model/conversation.ts';
import type { DurableDelivery } from '../../model/delivery.ts';
import type { LiveConnection } from './connections/live-connection.ts';

/** What a conversation needs of a user who has connections here. */
export interface MemberUser {
  readonly id: AccountId;
  readonly connections: readonly LiveConnection[];
  /** Stays that ended while the memberships were being read; null: they are not being read. */
  readonly ended: Map<ConversationId, number> | null;
}

/** The open stay of a user who has connections here; `role` is the one at its beginning. */
export interface Member {
  readonly user: MemberUser;
  readonly role: Role;
  readonly joinedSeq: number;
  readonly joinedRev: number;
}

export type Stay = Pick<Membership, 'role' | 'joinedSeq' | 'joinedRev'>;

/** A conversation that somebody here takes part in. */
export class ServedConversation {
  readonly id: ConversationId;
  readonly members = new Map<AccountId, Member>();
  /** The position delivered here: comes from the head, never from an old value (rule 16). */
  epoch = '';
  lastSeq = 0;
  lastRev = 0;
  /** Moment (hub stamp) at which the position was known; 0: not yet. Memberships read before it do not count. */
  knownSince = 0;
  /** At or above what every member's stay began at: later changes are open to all of them. */
  maxJoinedSeq = 0;
  maxJoinedRev = 0;
  /** Loads under way that may still add a member: keeps the conversation from being released. */
  claims = 0;
  /** Something that must be done before the next change: a start, a repair, an introduction. */
  busy: Promise<void> | null = null;
  /** How many such things, one after another. */
  jobs = 0;
  /** Changes that came meanwhile. */
  waiting: DurableDelivery[] = [];
  /** A rev that must be reached even if no change announces it. */
  target = 0;
  /** Comings and goings that nobody has been told of (rule 19): the revs after `since` up to `rev`, all of them. */
  untold: { readonly since: number; readonly rev: number } | null = null;
  /** The head's rev at the last check: must have been delivered by the next tick. */
  expected = 0;
  private connections: LiveConnection[] | null = null;

  constructor(id: ConversationId) {
    this.id = id;
  }

  get known(): boolean {
    return this.knownSince > 0;
  }

  add(user: MemberUser, stay: Stay): void {
    this.members.set(user.id, { user, role: stay.role, joinedSeq: stay.joinedSeq, joinedRev: stay.joinedRev });
    this.maxJoinedSeq = Math.max(this.maxJoinedSeq, stay.joinedSeq);
    this.maxJoinedRev = Math.max(this.maxJoinedRev, stay.joinedRev);
    this.connections = null;
  }

  remove(user: AccountId): void {
    this.members.delete(user);
    this.connections = null;
  }

  /** A member opened or closed a connection. */
  changed(): void {
    this.connections = null;
  }

  /** The connections of all members. */
  audience(): readonly LiveConnection[] {
    if (this.connections === null) {
      this.connections = [];
      for (const member of this.members.values()) this.connections.push(...member.user.connections);
    }
    return this.connections;
  }
}
