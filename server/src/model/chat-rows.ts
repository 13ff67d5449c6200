import type { AccountId, ConversationId, MessageId } from '../kernel/ids.ts';
import type { Membership, NotifyRule, Preferences, Role } from './conversation.ts';
import type { Message } from './message.ts';

/**
 * The published rows of the chat schema, as SQL returns them and as the bus carries them (ports/sql says how values come:
 * bigint as number, timestamptz as ISO text, uuid[] as string[]).
 */
export interface MessageRow {
  readonly conversation_id: ConversationId;
  readonly seq: number;
  readonly rev: number;
  readonly mod_rev: number | null;
  /** JSON of model/message MessageChange. */
  readonly mod: string | null;
  readonly id: MessageId;
  readonly sender_id: AccountId;
  readonly content: string | null;
  readonly reply_to: number | null;
  readonly thread: number | null;
  readonly mentions: readonly AccountId[] | null;
  readonly system: boolean;
  readonly created_at: string;
  readonly edited_at: string | null;
  readonly deleted_at: string | null;
  readonly reactions: string;
  readonly pinned: boolean;
}

export interface MembershipRow {
  readonly conversation_id: ConversationId;
  readonly user_id: AccountId;
  readonly role: Role;
  readonly joined_seq: number;
  readonly joined_rev: number;
  readonly left_seq: number | null;
  readonly left_rev: number | null;
  readonly rev: number;
  readonly joined_at: string;
}

export interface ConversationRow {
  readonly id: ConversationId;
  readonly kind: 'direct' | 'group' | 'channel';
  readonly name: string | null;
  readonly topic: string | null;
  readonly avatar: string | null;
  readonly visibility: 'private' | 'public';
  readonly history: 'all' | 'since-join';
  readonly nonce: string;
  readonly created_by: AccountId;
  readonly created_at: string;
  readonly updated_at: string;
  readonly rev: number;
  readonly deleted_rev: number | null;
  readonly member_a: AccountId | null;
  readonly member_b: AccountId | null;
}

export interface ReceiptRow {
  readonly conversation_id: ConversationId;
  readonly user_id: AccountId;
  readonly delivered: number;
  readonly read: number;
}

export interface PreferencesRow {
  readonly conversation_id: ConversationId;
  readonly user_id: AccountId;
  readonly muted_until: string | null;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly notify: NotifyRule;
  /** Absent in a change from before there were versions. */
  readonly version?: number;
}

export function toMessage(row: MessageRow): Message {
  return {
    conversation: row.conversation_id,
    seq: row.seq,
    rev: row.mod_rev ?? row.rev,
    id: row.id,
    sender: row.sender_id,
    content: row.content,
    replyTo: row.reply_to,
    thread: row.thread,
    mentions: row.mentions ?? [],
    createdAt: row.created_at,
    editedAt: row.edited_at,
    deletedAt: row.deleted_at,
    reactions: row.reactions,
    pinned: row.pinned,
  };
}

export function toMembership(row: MembershipRow): Membership {
  return {
    conversation: row.conversation_id,
    user: row.user_id,
    role: row.role,
    joinedSeq: row.joined_seq,
    joinedRev: row.joined_rev,
    leftSeq: row.left_seq,
    leftRev: row.left_rev,
    rev: row.rev,
    joinedAt: row.joined_at,
  };
}

export function toPreferences(row: PreferencesRow): Preferences {
  return {
    user: row.user_id,
    conversation: row.conversation_id,
    mutedUntil: row.muted_until,
    archived: row.archived,
    pinned: row.pinned,
    notify: row.notify,
    version: row.version ?? 1,
  };
}
