import type { Context } from '../../kernel/context.ts';
import type { AccountId, AttachmentId, ConversationId } from '../../kernel/ids.ts';
import type { Membership } from '../../model/conversation.ts';
import type { Message } from '../../model/message.ts';
import type { Position } from '../../model/position.ts';
import type { Backlog, ChatApi, ConversationView, NotifyPreference, SendMessages } from './api.ts';

export interface BacklogRequest {
  readonly conversation: ConversationId;
  readonly user: AccountId;
  readonly position: Position;
}

export interface Head {
  readonly conversation: ConversationId;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly lastRev: number;
}

export interface ConversationsOfUser {
  readonly user: AccountId;
  readonly conversations: readonly ConversationId[];
}

export interface AttachmentTotals {
  /** Of all accounts, what is reclaimable included. */
  readonly storedBytes: number;
  /** Of what nothing shows any more, as far as is known without looking. */
  readonly reclaimableBytes: number;
}

/**
 * What acts for whoever its arguments name, and asks nobody's leave: for hubs and the router, which have authenticated them or need
 * what no single person may see. Who else needs one of these calls is given it by main, cut to what it is for.
 */
export interface TrustedChatApi extends SendMessages {
  /** Present memberships of users, for a hub that opens connections. */
  membershipsOf(ctx: Context, users: readonly AccountId[]): Promise<readonly Membership[]>;
  /** Where users are shown, beside their words or among the members: the conversations that they are in or were in. */
  conversationsOf(ctx: Context, users: readonly AccountId[]): Promise<readonly ConversationsOfUser[]>;
  /** Where users want to be alerted of less than everything. */
  notifyPreferencesOf(ctx: Context, users: readonly AccountId[]): Promise<readonly NotifyPreference[]>;
  /**
   * Backlogs for many readers at once (rule 21), in the order of the requests: shared reads, at most 500 items each and some
   * MiB in all, cut to the reader's stays. Who may not read the conversation gets `lost` with an empty epoch.
   */
  backlogs(ctx: Context, requests: readonly BacklogRequest[]): Promise<readonly Backlog[]>;
  /** Summaries for `resumed`: every conversation of the user, and the ones among `named` that they have left. */
  resumeSummaries(
    ctx: Context,
    user: AccountId,
    named: readonly ConversationId[],
  ): Promise<readonly (Head & { readonly unread: number; readonly left: boolean })[]>;
  heads(ctx: Context, conversations: readonly ConversationId[]): Promise<readonly Head[]>;
  /**
   * All changes of a conversation after `rev`, whoever may see them, for a hub that found a hole. Waits up to 2 s
   * until the database shows at least `minRev` (rule 12). `limit` bounds messages and memberships together; the answer is
   * complete up to its `rev`, which is above the one asked for whenever there is anything to tell.
   */
  repair(
    ctx: Context,
    request: {
      readonly conversation: ConversationId;
      readonly rev: number;
      readonly minRev: number;
      readonly limit: number;
    },
  ): Promise<{
    readonly messages: readonly Message[];
    readonly memberships: readonly Membership[];
    readonly rev: number;
    readonly head: Head;
  }>;
  /** Views for members who have just joined; waits like `repair`. */
  viewFor(
    ctx: Context,
    request: { readonly conversation: ConversationId; readonly user: AccountId; readonly minRev: number },
  ): Promise<ConversationView | null>;
  /** Some whose bytes are to be removed now, each again and again until `forgetAttachments` names it. */
  collectAttachments(ctx: Context): Promise<readonly AttachmentId[]>;
  /** Those of which chat knows nothing: bytes that belong to nobody. */
  listUnknownAttachments(ctx: Context, ids: readonly AttachmentId[]): Promise<readonly AttachmentId[]>;
  getAttachmentTotals(ctx: Context): Promise<AttachmentTotals>;
}

/** Both halves, as the service provides them. */
export type WholeChatApi = ChatApi & TrustedChatApi;
