import type * as native from '@parley/contracts';

/**
 * What the native protocol says, as the client reads it: the types of contracts/src/native, and nothing of them at run time,
 * so that no validation library reaches a browser. Unknown fields in an answer are ignored, as the protocol asks.
 */
export type Account = native.Account;
export type OwnAccount = native.OwnAccount;
export type OwnProfileChange = native.OwnProfileBody;
export type Tokens = native.Tokens;
export type SessionInfo = native.Session;
export type Profile = native.Profile;
export type User = native.User;
export type Presence = native.Presence;
export type Role = native.Role;
export type Member = native.Member;
export type NewConversation = native.NewConversationBody;
export type ConversationKind = Conversation['kind'];
export type SendableContent = native.Content;
export type Content = native.Content | native.SystemContent;
export type Attachment = native.Attachment;
export type Continuity = native.Changes['continuity'];

/** Any message; `seq` and `rev` are null in an ephemeral one. */
export type Message = native.Message;
/** A message that is stored: it has its numbers. */
export type StoredMessage = Message & { seq: number; rev: number };
/** A conversation as the caller sees it. */
export type Conversation = Omit<native.Conversation, 'lastMessage'> & { lastMessage: StoredMessage | null };

/** `items` ascending by seq. */
export type HistoryPage = Omit<native.History, 'items'> & { items: StoredMessage[] };
/** `items` ascending by rev. */
export type Changes = Omit<native.Changes, 'items'> & { items: StoredMessage[] };

export interface Page<T> {
  readonly items: readonly T[];
  /** Ask for more with `after`; null: this was the last page. */
  readonly next: string | null;
}

export interface SearchHit {
  readonly message: StoredMessage;
  readonly excerpt: string;
}

/** How far somebody has received and read a conversation: seqs. */
export interface Receipt {
  readonly user: string;
  readonly delivered: number;
  readonly read: number;
}

/** "All messages after `seq` and all changes after `rev` are still to come." */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
  readonly rev: number;
}
