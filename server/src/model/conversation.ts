import type { AccountId, ConversationId } from '../kernel/ids.ts';

export type ConversationKind = 'direct' | 'group' | 'channel';
export type Visibility = 'private' | 'public';
/** all: a new member reads from seq 1; since-join: from the seq they joined at. */
export type HistoryRule = 'all' | 'since-join';
export type Role = 'owner' | 'admin' | 'member' | 'reader';
export type NotifyRule = 'all' | 'mentions' | 'none';

export interface Conversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly name: string | null;
  readonly topic: string | null;
  /** Attachment id or URL. */
  readonly avatar: string | null;
  readonly visibility: Visibility;
  readonly history: HistoryRule;
  /** Changes when positions lose their meaning, as after a restore. */
  readonly epoch: string;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * One stay of a user in a conversation (MESSAGE-PATH rule 17); never deleted, only ended. A message belongs to the stay
 * when joinedSeq < seq ≤ leftSeq, any other change when joinedRev ≤ rev ≤ leftRev. `history: all` means joinedSeq 0.
 */
export interface Membership {
  readonly conversation: ConversationId;
  readonly user: AccountId;
  readonly role: Role;
  readonly joinedSeq: number;
  readonly joinedRev: number;
  readonly leftSeq: number | null;
  readonly leftRev: number | null;
  /** rev of its last change (joined, role changed, left). */
  readonly rev: number;
  readonly joinedAt: string;
}

/** How a member wants a conversation to be shown and told of: only for them. */
export interface Preferences {
  readonly user: AccountId;
  readonly conversation: ConversationId;
  /** ISO 8601; until then nobody is alerted. */
  readonly mutedUntil: string | null;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly notify: NotifyRule;
  /** Rises with every change of them: the higher of two is the newer. */
  readonly version: number;
}

const rank: Record<Role, number> = { reader: 0, member: 1, admin: 2, owner: 3 };

/** Whether `role` may do what `needed` may. */
export function hasRole(role: Role, needed: Role): boolean {
  return rank[role] >= rank[needed];
}

/** The role of who joins, or is added without a word about their role. */
export function newcomerRole(kind: ConversationKind): Role {
  return kind === 'channel' ? 'reader' : 'member';
}

/** Whether a message with this seq is open to the stay. */
export function holdsSeq(stay: Pick<Membership, 'joinedSeq' | 'leftSeq'>, seq: number): boolean {
  return seq > stay.joinedSeq && (stay.leftSeq === null || seq <= stay.leftSeq);
}

/** Whether a change with this rev is open to the stay. */
export function holdsRev(stay: Pick<Membership, 'joinedRev' | 'leftRev'>, rev: number): boolean {
  return rev >= stay.joinedRev && (stay.leftRev === null || rev <= stay.leftRev);
}

export const conversationLimits = {
  name: 200,
  topic: 2_000,
  /** Members named in one request. */
  membersPerRequest: 1_000,
  /** Above this, receipts go only to who asks (rule 19). */
  receiptsTo: 50,
  /** Above this, no typing, receipt or join frames (rule 19). */
  ephemeralTo: 1_000,
} as const;
