import * as wire from '@parley/contracts/rpc/chat.v1';
import type { Context } from '../../kernel/context.ts';
import type { ConversationId } from '../../kernel/ids.ts';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { createRpcService, results, unary } from '../../rpc/wire/methods.ts';
import { draft, membership, message, position, role } from '../../rpc/wire/model.ts';
import {
  args,
  argument,
  field,
  flag,
  list,
  nothing,
  nullable,
  oneOf,
  optional,
  record,
  required,
  same,
  text,
  whole,
} from '../../rpc/wire/shapes.ts';
import type { AppendResult, MembersRequest } from './api.ts';
import {
  appendResult,
  attachment,
  backlog,
  backlogRequest,
  backlogs,
  change,
  conversationsOfUser,
  headOf,
  hit,
  marks,
  mentionList,
  newAttachment,
  newConversation,
  notifyPreference,
  page,
  preferences,
  range,
  receipt,
  search,
  summary,
  view,
} from './rpc-messages.ts';
import { splitAppend } from './rpc-split-append.ts';
import type { WholeChatApi } from './trusted-api.ts';

type Request<K extends keyof WholeChatApi> = Parameters<WholeChatApi[K]>[1];
type Answer<K extends keyof WholeChatApi> = Awaited<ReturnType<WholeChatApi[K]>>;

/** The results that come before the answer: each with the index of its draft. */
type Step =
  | { readonly result: readonly [index: number, result: AppendResult] }
  | { readonly response: Answer<'append'> };

const appendStep = field(
  'step',
  oneOf<Step, NonNullable<wire.AppendResponse['step']>>((step) => ('result' in step ? 'result' : 'answer'), {
    result: {
      to: ({ result: [index, result] }) => ({ index: whole.to(index), result: appendResult.to(result) }),
      from: (step) => ({ result: [step.index, required(appendResult).from(step.result)] }),
    },
    answer: {
      to: ({ response }) => ({ results: list(appendResult).to(response) }),
      from: ({ results }) => ({ response: list(appendResult).from(results) }),
    },
  }),
);

const created = record<Answer<'createConversation'>, wire.CreateConversationResponse>({
  conversation: required(view),
  created: flag,
});
const views = record<Answer<'listConversations'>, wire.ListConversationsResponse>({
  items: list(view),
  cursors: list(text),
  next: nullable(text),
});
const members = record<Answer<'listMembers'>, wire.ListMembersResponse>({
  items: list(membership),
  next: nullable(text),
});
const membersRequest = record<MembersRequest, wire.ListMembersRequest>({ id: text, page: required(page) });
const put = record<Answer<'putMember'>, wire.PutMemberResponse>({ member: required(membership), created: flag });
const messages = record<Answer<'history'>, wire.HistoryResponse>({
  items: list(message),
  epoch: text,
  lastSeq: whole,
  lastRev: whole,
});
const hits = record<Answer<'search'>, wire.SearchResponse>({ items: list(hit), next: nullable(text) });
const ephemeral = same<Answer<'sendEphemeral'>, wire.SendEphemeralResponse>();
const repair = same<Request<'repair'>, wire.RepairRequest>();
const repaired = record<Answer<'repair'>, wire.RepairResponse>({
  messages: list(message),
  memberships: list(membership),
  head: required(headOf),
  rev: whole,
});
const viewFor = same<Request<'viewFor'>, wire.ViewForRequest>();

const seen = field('conversation', required(view));
const one = field('message', required(message));
const stored = field('attachment', required(attachment));
const upload = same<Request<'reserveAttachment'>, wire.ReserveAttachmentRequest>();
const usage = same<Answer<'getAttachmentUsage'>, wire.GetAttachmentUsageResponse>();
const totals = same<Answer<'getAttachmentTotals'>, wire.GetAttachmentTotalsResponse>();
const idsOf = field('ids', list(text));
const id = args(['id', text]);
const numbered = args(['id', text], ['seq', whole]);

/** The conversation named first: its commands meet in one instance, whose locks and caches are warm (rule 3). */
const byConversation = (_ctx: Context, conversation: ConversationId) => conversation;
/** The caller: their receipts wait in one instance's writer, and their unread counts must know them. */
const byCaller = (ctx: Context) => ctx.principal?.account ?? null;

/** Reads, and writes that set what is asked: what is already so is no error and takes no rev. */
const repeatable = { idempotent: true };
const repeatableThere = { idempotent: true, key: byConversation };
/** A second time means another thing, or fails although the first did what was asked. */
const onceThere = { idempotent: false, key: byConversation };
const forCaller = { idempotent: true, key: byCaller };

/** parley.chat.v1.ChatService: both halves over the wire, where every caller is a process of ours. */
export const chatRpc: RpcService<WholeChatApi> = createRpcService<WholeChatApi>('chat', 'parley.chat.v1.ChatService', {
  append: results(wire.AppendRequest, args(['drafts', list(draft)]), wire.AppendResponse, appendStep, {
    idempotent: true,
    spread: splitAppend,
  }),
  // Safe to repeat only with an id or between two people: the SDK knows, and asks again itself.
  createConversation: unary(
    wire.CreateConversationRequest,
    argument(newConversation),
    wire.CreateConversationResponse,
    created,
    { idempotent: false, key: (_ctx, request) => request.id ?? null },
  ),
  listConversations: unary(
    wire.ListConversationsRequest,
    args(['page', required(page)]),
    wire.ListConversationsResponse,
    views,
    forCaller,
  ),
  getConversation: unary(wire.GetConversationRequest, id, wire.GetConversationResponse, seen, forCaller),
  getConversations: unary(
    wire.GetConversationsRequest,
    args(['ids', list(text)]),
    wire.GetConversationsResponse,
    field('conversations', list(view)),
    forCaller,
  ),
  updateConversation: unary(
    wire.UpdateConversationRequest,
    args(['id', text], ['change', required(change)]),
    wire.UpdateConversationResponse,
    seen,
    repeatableThere,
  ),
  deleteConversation: unary(wire.DeleteConversationRequest, id, wire.DeleteConversationResponse, nothing, onceThere),
  setPreferences: unary(
    wire.SetPreferencesRequest,
    args(['id', text], ['preferences', required(preferences)]),
    wire.SetPreferencesResponse,
    nothing,
    repeatableThere,
  ),
  listMembers: unary(
    wire.ListMembersRequest,
    args(['id', text], ['page', required(page)]),
    wire.ListMembersResponse,
    members,
    repeatableThere,
  ),
  putMember: unary(
    wire.PutMemberRequest,
    args(['id', text], ['user', text], ['role', role]),
    wire.PutMemberResponse,
    put,
    repeatableThere,
  ),
  listMembersOf: unary(
    wire.ListMembersOfRequest,
    args(['requests', list(membersRequest)]),
    wire.ListMembersOfResponse,
    field('pages', list(members)),
    repeatable,
  ),
  addMembers: unary(
    wire.AddMembersRequest,
    args(['id', text], ['users', list(text)]),
    wire.AddMembersResponse,
    field('members', list(membership)),
    repeatableThere,
  ),
  removeMember: unary(
    wire.RemoveMemberRequest,
    args(['id', text], ['user', text]),
    wire.RemoveMemberResponse,
    nothing,
    onceThere,
  ),
  history: unary(
    wire.HistoryRequest,
    args(['id', text], ['range', required(range)]),
    wire.HistoryResponse,
    messages,
    repeatableThere,
  ),
  getMessage: unary(wire.GetMessageRequest, numbered, wire.GetMessageResponse, one, repeatableThere),
  changes: unary(
    wire.ChangesRequest,
    args(['id', text], ['position', required(position)], ['limit', whole]),
    wire.ChangesResponse,
    field('backlog', required(backlog)),
    repeatableThere,
  ),
  editMessage: unary(
    wire.EditMessageRequest,
    args(['id', text], ['seq', whole], ['content', text], ['mentions', optional(mentionList)]),
    wire.EditMessageResponse,
    one,
    repeatableThere,
  ),
  deleteMessage: unary(wire.DeleteMessageRequest, numbered, wire.DeleteMessageResponse, nothing, repeatableThere),
  setReaction: unary(
    wire.SetReactionRequest,
    args(['id', text], ['seq', whole], ['emoji', text], ['on', flag]),
    wire.SetReactionResponse,
    nothing,
    repeatableThere,
  ),
  setPinned: unary(
    wire.SetPinnedRequest,
    args(['id', text], ['seq', whole], ['on', flag]),
    wire.SetPinnedResponse,
    nothing,
    repeatableThere,
  ),
  putReceipt: unary(
    wire.PutReceiptRequest,
    args(['id', text], ['marks', required(marks)]),
    wire.PutReceiptResponse,
    nothing,
    forCaller,
  ),
  listReceipts: unary(
    wire.ListReceiptsRequest,
    id,
    wire.ListReceiptsResponse,
    field('receipts', list(receipt)),
    forCaller,
  ),
  search: unary(wire.SearchRequest, argument(search), wire.SearchResponse, hits, repeatable),
  // An id that is in use is a conflict, also for who has just used it.
  createAttachment: unary(
    wire.CreateAttachmentRequest,
    argument(newAttachment),
    wire.CreateAttachmentResponse,
    stored,
    { idempotent: false },
  ),
  getAttachment: unary(wire.GetAttachmentRequest, id, wire.GetAttachmentResponse, stored, repeatable),
  // An id that is in use is a conflict, also for who has just used it.
  reserveAttachment: unary(wire.ReserveAttachmentRequest, argument(upload), wire.ReserveAttachmentResponse, nothing, {
    idempotent: false,
  }),
  deleteAttachment: unary(wire.DeleteAttachmentRequest, id, wire.DeleteAttachmentResponse, nothing, {
    idempotent: false,
  }),
  getAttachmentUsage: unary(wire.GetAttachmentUsageRequest, args(), wire.GetAttachmentUsageResponse, usage, repeatable),
  collectAttachments: unary(wire.CollectAttachmentsRequest, args(), wire.CollectAttachmentsResponse, idsOf, repeatable),
  forgetAttachments: unary(
    wire.ForgetAttachmentsRequest,
    args(['ids', list(text)]),
    wire.ForgetAttachmentsResponse,
    nothing,
    repeatable,
  ),
  listUnknownAttachments: unary(
    wire.ListUnknownAttachmentsRequest,
    args(['ids', list(text)]),
    wire.ListUnknownAttachmentsResponse,
    idsOf,
    repeatable,
  ),
  getAttachmentTotals: unary(
    wire.GetAttachmentTotalsRequest,
    args(),
    wire.GetAttachmentTotalsResponse,
    totals,
    repeatable,
  ),
  sendEphemeral: unary(
    wire.SendEphemeralRequest,
    args(['draft', required(draft)]),
    wire.SendEphemeralResponse,
    ephemeral,
    { idempotent: false, key: (_ctx, { conversation }) => conversation },
  ),
  setTyping: unary(
    wire.SetTypingRequest,
    args(['id', text], ['on', flag]),
    wire.SetTypingResponse,
    nothing,
    repeatableThere,
  ),
  membershipsOf: unary(
    wire.MembershipsOfRequest,
    args(['users', list(text)]),
    wire.MembershipsOfResponse,
    field('memberships', list(membership)),
    repeatable,
  ),
  conversationsOf: unary(
    wire.ConversationsOfRequest,
    args(['users', list(text)]),
    wire.ConversationsOfResponse,
    field('users', list(conversationsOfUser)),
    repeatable,
  ),
  notifyPreferencesOf: unary(
    wire.NotifyPreferencesOfRequest,
    args(['users', list(text)]),
    wire.NotifyPreferencesOfResponse,
    field('preferences', list(notifyPreference)),
    repeatable,
  ),
  backlogs: unary(
    wire.BacklogsRequest,
    args(['requests', list(backlogRequest)]),
    wire.BacklogsResponse,
    backlogs,
    repeatable,
  ),
  resumeSummaries: unary(
    wire.ResumeSummariesRequest,
    args(['user', text], ['named', list(text)]),
    wire.ResumeSummariesResponse,
    field('summaries', list(summary)),
    { idempotent: true, key: (_ctx, user) => user },
  ),
  heads: unary(
    wire.HeadsRequest,
    args(['conversations', list(text)]),
    wire.HeadsResponse,
    field('heads', list(headOf)),
    repeatable,
  ),
  repair: unary(wire.RepairRequest, argument(repair), wire.RepairResponse, repaired, {
    idempotent: true,
    key: (_ctx, { conversation }) => conversation,
  }),
  viewFor: unary(wire.ViewForRequest, argument(viewFor), wire.ViewForResponse, field('conversation', nullable(view)), {
    idempotent: true,
    key: (_ctx, { user }) => user,
  }),
});
