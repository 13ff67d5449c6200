import type { AccountId, AttachmentId, ConversationId, MessageId, SessionId } from '../kernel/ids.ts';

/**
 * JSON text, validated once when it entered and never parsed and re-serialised on the way (MESSAGE-PATH rule 7):
 * request → WAL → frame carry the very same characters.
 */
export type RawJson = string;

/**
 * What a sender asks to be appended. `sender`, `session` and `admin` are the authenticated principal's: drafts of many are appended
 * in one call, so each carries its own. A protocol never takes them from a body.
 */
export interface Draft {
  readonly id: MessageId;
  readonly conversation: ConversationId;
  readonly sender: AccountId;
  /** null: handed on by a process of an earlier release, which does not say. */
  readonly session: SessionId | null;
  readonly admin: boolean;
  readonly content: RawJson;
  /** sha256 of the canonical content, hex: what makes a repeat a repeat (rule 5). */
  readonly hash: string;
  /** Named by the content; must be the sender's own or one they may read. */
  readonly attachment: AttachmentId | null;
  readonly replyTo: number | null;
  /** seq of the message that began the thread. */
  readonly thread: number | null;
  readonly mentions: readonly AccountId[];
}

/** One message in its present state: a row of chat.messages, read or decoded from the change stream. */
export interface Message {
  readonly conversation: ConversationId;
  /** 1, 2, 3 … without holes; null only for an ephemeral message, which is never stored. */
  readonly seq: number | null;
  /** rev of its last change. */
  readonly rev: number | null;
  readonly id: MessageId;
  readonly sender: AccountId;
  /** null once deleted. */
  readonly content: RawJson | null;
  readonly replyTo: number | null;
  readonly thread: number | null;
  readonly mentions: readonly AccountId[];
  /** ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
  /** `{"👍":["<account>"]}` as JSON text. */
  readonly reactions: RawJson;
  readonly pinned: boolean;
}

/** What the last change of a message row did; carried in the row itself so that consumers need not ask (rule 12). */
export type MessageChange =
  | { readonly kind: 'edited' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'reaction'; readonly user: AccountId; readonly emoji: string; readonly on: boolean }
  | { readonly kind: 'pinned'; readonly user: AccountId; readonly on: boolean };

/** The first answer to a draft, and the answer to every repeat of it. */
export interface Appended {
  readonly seq: number;
  readonly rev: number;
  readonly createdAt: string;
  /** True: this id was stored before and nothing was written now. */
  readonly repeated: boolean;
  /** Of a repeat: what was stored beside the content, which is not compared (rule 5). */
  readonly first?: Pick<Draft, 'replyTo' | 'thread' | 'mentions'>;
}

export const messageLimits = {
  /** UTF-8 bytes of a text. */
  textBytes: 16 * 1024,
  /** UTF-8 bytes of a whole content. */
  contentBytes: 64 * 1024,
  /** Levels of nesting a content may have. */
  jsonDepth: 64,
  mentions: 50,
  /** Distinct emoji, and reactions in all, that one message keeps. */
  emoji: 100,
  reactions: 2_000,
} as const;
