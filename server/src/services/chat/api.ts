import type { Context } from '../../kernel/context.ts';
import type { ErrorCode } from '../../kernel/errors.ts';
import type { AccountId, AttachmentId, ConversationId } from '../../kernel/ids.ts';
import type {
  Conversation,
  ConversationKind,
  HistoryRule,
  Membership,
  NotifyRule,
  Role,
  Visibility,
} from '../../model/conversation.ts';
import type { Appended, Draft, Message, RawJson } from '../../model/message.ts';
import type { Continuity, Position } from '../../model/position.ts';

/** A conversation as one of its members sees it. */
export interface ConversationView extends Conversation {
  /** null: not a member (a public conversation, read from outside). */
  readonly role: Role | null;
  readonly unread: number;
  /** Unread messages that mention the caller. */
  readonly mentions: number;
  readonly delivered: number;
  readonly read: number;
  readonly mutedUntil: string | null;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly notify: NotifyRule;
  /** Of mutedUntil, archived, pinned and notify: the higher of two is the newer; 0: nobody has set any. */
  readonly preferencesVersion: number;
  readonly lastMessage: Message | null;
  /** Present members, the caller included. */
  readonly memberCount: number;
  /** The other one, in a direct conversation. */
  readonly peer: AccountId | null;
}

export interface NewConversation {
  /** Chosen by the caller for a safe retry; a direct conversation's is derived from its members (rule 17). */
  readonly id?: ConversationId | undefined;
  readonly kind: ConversationKind;
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  /** Attachment id or URL; of an attachment that the caller may read. */
  readonly avatar?: string | undefined;
  readonly members: readonly AccountId[];
  readonly visibility?: Visibility | undefined;
  readonly history?: HistoryRule | undefined;
}

export type AppendResult =
  | Appended
  | { readonly code: ErrorCode; readonly detail?: string; readonly retryAfterMs?: number };

/** Where to read history: ascending by seq in every case; `around` is centred. One of the three, or none for the newest. */
export interface HistoryRange {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly around?: number | undefined;
  readonly thread?: number | undefined;
  /** 1–200. */
  readonly limit: number;
}

export interface MembersRequest {
  readonly id: ConversationId;
  readonly page: { readonly limit: number; readonly after?: string | undefined };
}

/** Everything after a position, in its present state, ascending by rev. */
export interface Backlog {
  readonly conversation: ConversationId;
  readonly items: readonly Message[];
  /** Where the reader stands after these items. */
  readonly seq: number;
  readonly rev: number;
  readonly epoch: string;
  readonly continuity: Continuity;
}

export interface Receipt {
  readonly conversation: ConversationId;
  readonly user: AccountId;
  readonly delivered: number;
  readonly read: number;
}

export interface Attachment {
  readonly id: AttachmentId;
  readonly owner: AccountId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  readonly createdAt: string;
}

export interface AttachmentUsage {
  /** What the caller's attachments take, with those on their way. */
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

export interface SearchHit {
  readonly message: Message;
  /** The text around the hit, plain. */
  readonly excerpt: string;
}

/** What somebody wants to be alerted of in a conversation; where there is none: of everything. */
export interface NotifyPreference {
  readonly user: AccountId;
  readonly conversation: ConversationId;
  readonly notify: NotifyRule;
  /** ISO 8601; until then of nothing. */
  readonly mutedUntil: string | null;
}

/**
 * The one call on behalf of others that protocols are given: they have authenticated the principals whose drafts these are. The caller
 * may be the program itself, for it gathers the drafts of many.
 */
export interface SendMessages {
  /**
   * Appends drafts through the group committer; a result per draft, in order, each only after its commit. Drafts of
   * one conversation are appended in the order of calls. One draft's failure never touches its neighbours (rule 4).
   * `onResult` may hear of a draft, by its index, as soon as its result is known: a conversation that waits for its lock or
   * in a long queue must not hold up the answers of others. The promise has all of them.
   */
  append(
    ctx: Context,
    drafts: readonly Draft[],
    onResult?: (index: number, result: AppendResult) => void,
  ): Promise<readonly AppendResult[]>;
}

/**
 * Conversations, memberships, messages, receipts, for people: who acts is `ctx.principal`. What names whoever it acts for is in
 * trusted-api.ts. Expected errors: `conversation.unknown` where even the existence is private, `conversation.forbidden` to a
 * member-only act, `action.forbidden` for a role too low, `message.unknown`, `conversation.conflict`, `storage.full`, `service.…`.
 */
export interface ChatApi {
  /** `created` false: a direct conversation, or the same id with the same caller, that was there before. */
  createConversation(
    ctx: Context,
    request: NewConversation,
  ): Promise<{ readonly conversation: ConversationView; readonly created: boolean }>;
  /**
   * The last active first, then those that became active while the caller paged, perhaps again: to the end every conversation that was
   * there all the time. `cursors`: for each item, what goes on after it.
   */
  listConversations(
    ctx: Context,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{
    readonly items: readonly ConversationView[];
    readonly cursors: readonly string[];
    readonly next: string | null;
  }>;
  getConversation(ctx: Context, id: ConversationId): Promise<ConversationView>;
  /** At most 200, in the order asked; those the caller may not read are left out. */
  getConversations(ctx: Context, ids: readonly ConversationId[]): Promise<readonly ConversationView[]>;
  updateConversation(
    ctx: Context,
    id: ConversationId,
    change: {
      readonly name?: string | undefined;
      readonly topic?: string | null | undefined;
      readonly avatar?: string | null | undefined;
      readonly visibility?: Visibility | undefined;
      readonly history?: HistoryRule | undefined;
    },
  ): Promise<ConversationView>;
  /** Owners only; ends every membership. The rows stay (rule 12). */
  deleteConversation(ctx: Context, id: ConversationId): Promise<void>;
  setPreferences(
    ctx: Context,
    id: ConversationId,
    preferences: {
      readonly mutedUntil?: string | null | undefined;
      readonly archived?: boolean | undefined;
      readonly pinned?: boolean | undefined;
      readonly notify?: NotifyRule | undefined;
    },
  ): Promise<void>;

  listMembers(
    ctx: Context,
    id: ConversationId,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ readonly items: readonly Membership[]; readonly next: string | null }>;
  /** `listMembers` of up to 200 conversations in one call, in the order asked; empty where the caller may not read. */
  listMembersOf(
    ctx: Context,
    requests: readonly MembersRequest[],
  ): Promise<readonly { readonly items: readonly Membership[]; readonly next: string | null }[]>;
  /** Adds or changes roles. Joining a public conversation oneself is allowed as `member` (`reader` in a channel). */
  putMember(
    ctx: Context,
    id: ConversationId,
    user: AccountId,
    role: Role,
  ): Promise<{ readonly member: Membership; readonly created: boolean }>;
  /**
   * Adds up to 900 as `member` (`reader` in a channel), all or none; who is one already stays as they are. Their memberships in the
   * order asked. Errors of `putMember`.
   */
  addMembers(ctx: Context, id: ConversationId, users: readonly AccountId[]): Promise<readonly Membership[]>;
  /** Removing oneself is leaving; the last owner's role passes on to the longest-standing of the highest rank. */
  removeMember(ctx: Context, id: ConversationId, user: AccountId): Promise<void>;

  history(
    ctx: Context,
    id: ConversationId,
    range: HistoryRange,
  ): Promise<{
    readonly items: readonly Message[];
    readonly epoch: string;
    readonly lastSeq: number;
    readonly lastRev: number;
  }>;
  getMessage(ctx: Context, id: ConversationId, seq: number): Promise<Message>;
  changes(ctx: Context, id: ConversationId, position: Position, limit: number): Promise<Backlog>;
  /** Senders only. `content` is validated raw JSON. Without `mentions` whom it names stays. */
  editMessage(
    ctx: Context,
    id: ConversationId,
    seq: number,
    content: RawJson,
    mentions?: readonly AccountId[],
  ): Promise<Message>;
  /** Senders, and admins of the conversation. Leaves a tombstone; deleting twice is no error. */
  deleteMessage(ctx: Context, id: ConversationId, seq: number): Promise<void>;
  setReaction(ctx: Context, id: ConversationId, seq: number, emoji: string, on: boolean): Promise<void>;
  setPinned(ctx: Context, id: ConversationId, seq: number, on: boolean): Promise<void>;

  /** Watermarks only rise and are clamped to the head and the stay (rule 20). */
  putReceipt(
    ctx: Context,
    id: ConversationId,
    marks: { readonly delivered?: number | undefined; readonly read?: number | undefined },
  ): Promise<void>;
  /** Of the present members. */
  listReceipts(ctx: Context, id: ConversationId): Promise<readonly Receipt[]>;
  /** What the caller may read and nothing else, newest first. */
  search(
    ctx: Context,
    search: {
      readonly query: string;
      readonly conversation?: ConversationId | undefined;
      readonly from?: AccountId | undefined;
      /** Unix milliseconds. */
      readonly before?: number | undefined;
      readonly limit: number;
      readonly after?: string | undefined;
    },
  ): Promise<{ readonly items: readonly SearchHit[]; readonly next: string | null }>;
  /**
   * Counts bytes before they come, `size` of them at the most. `request.too_large` where the caller's quota has no room for them;
   * `createAttachment` with the same id says what came, `forgetAttachments` that nothing did.
   */
  reserveAttachment(ctx: Context, upload: { readonly id: AttachmentId; readonly size: number }): Promise<void>;
  /** Records the owner and kind of bytes that are already in the blob store under this id. */
  createAttachment(ctx: Context, attachment: Omit<Attachment, 'owner' | 'createdAt'>): Promise<Attachment>;
  /** To its owner, and to who may read a message or a conversation that shows it; else `attachment.unknown`. */
  getAttachment(ctx: Context, id: AttachmentId): Promise<Attachment>;
  /**
   * The owner's that no message and no picture shows. Nobody finds it any more; the caller then removes the bytes and says so with
   * `forgetAttachments`. `attachment.unknown`, `action.forbidden`, `conversation.conflict` while something shows it.
   */
  deleteAttachment(ctx: Context, id: AttachmentId): Promise<void>;
  getAttachmentUsage(ctx: Context): Promise<AttachmentUsage>;
  /** Their bytes are gone, or never came. The caller's own, anybody's when the program asks; passes over what is stored. */
  forgetAttachments(ctx: Context, ids: readonly AttachmentId[]): Promise<void>;

  /** Checks membership from a bounded cache and hands the ephemeral message or typing to the router. */
  sendEphemeral(ctx: Context, draft: Draft): Promise<{ readonly createdAt: string }>;
  setTyping(ctx: Context, id: ConversationId, on: boolean): Promise<void>;
}
