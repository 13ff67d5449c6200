import type * as wire from '@parley/contracts/rpc/chat.v1';
import type { AccountId } from '../../kernel/ids.ts';
import type { Appended, Message } from '../../model/message.ts';
import {
  clearable,
  continuity,
  conversationKind,
  errorCode,
  historyRule,
  message,
  notifyRule,
  position,
  role,
  visibility,
} from '../../rpc/wire/model.ts';
import {
  field,
  flag,
  list,
  nullable,
  oneOf,
  optional,
  real,
  record,
  required,
  type Shape,
  same,
  text,
  WireError,
  whole,
} from '../../rpc/wire/shapes.ts';
import type {
  AppendResult,
  Attachment,
  Backlog,
  ChatApi,
  ConversationView,
  HistoryRange,
  NewConversation,
  NotifyPreference,
  Receipt,
  SearchHit,
} from './api.ts';
import type { BacklogRequest, ConversationsOfUser, Head, TrustedChatApi } from './trusted-api.ts';

/** The types of ChatApi as messages of parley.chat.v1. */

export const view = record<ConversationView, wire.ConversationView>({
  id: text,
  kind: conversationKind,
  name: nullable(text),
  topic: nullable(text),
  avatar: nullable(text),
  visibility,
  history: historyRule,
  epoch: text,
  lastSeq: whole,
  lastRev: whole,
  createdAt: text,
  updatedAt: text,
  role: nullable(role),
  unread: whole,
  mentions: whole,
  delivered: whole,
  read: whole,
  mutedUntil: nullable(text),
  archived: flag,
  pinned: flag,
  notify: notifyRule,
  preferencesVersion: whole,
  lastMessage: nullable(message),
  memberCount: whole,
  peer: nullable(text),
});

export const newConversation = record<NewConversation, wire.CreateConversationRequest>({
  id: optional(text),
  kind: conversationKind,
  name: optional(text),
  topic: optional(text),
  avatar: optional(text),
  members: list(text),
  visibility: optional(visibility),
  history: optional(historyRule),
});

export const change = record<Parameters<ChatApi['updateConversation']>[2], wire.ConversationChange>({
  name: optional(text),
  topic: clearable,
  avatar: clearable,
  visibility: optional(visibility),
  history: optional(historyRule),
});

export const preferences = record<Parameters<ChatApi['setPreferences']>[2], wire.Preferences>({
  mutedUntil: clearable,
  archived: optional(flag),
  pinned: optional(flag),
  notify: optional(notifyRule),
});

export const mentionList: Shape<readonly AccountId[], wire.MentionList> = {
  to: (users) => ({ users: [...users] }),
  from: ({ users }) => users as AccountId[],
};

export const notifyPreference = record<NotifyPreference, wire.NotifyPreference>({
  user: text,
  conversation: text,
  notify: notifyRule,
  mutedUntil: nullable(text),
});

export const conversationsOfUser = same<ConversationsOfUser, wire.ConversationsOfUser>();

export const page = record<Parameters<ChatApi['listConversations']>[1], wire.Page>({
  limit: whole,
  after: optional(text),
});

export const range = record<HistoryRange, wire.HistoryRange>({
  before: optional(whole),
  after: optional(whole),
  around: optional(whole),
  thread: optional(whole),
  limit: whole,
});

export const marks = record<Parameters<ChatApi['putReceipt']>[2], wire.ReceiptMarks>({
  delivered: optional(whole),
  read: optional(whole),
});

export const receipt = same<Receipt, wire.Receipt>();

export const search = record<Parameters<ChatApi['search']>[1], wire.SearchRequest>({
  query: text,
  conversation: optional(text),
  from: optional(text),
  before: optional(real),
  limit: whole,
  after: optional(text),
});

export const hit = record<SearchHit, wire.SearchHit>({ message: required(message), excerpt: text });

export const newAttachment = same<Parameters<ChatApi['createAttachment']>[1], wire.CreateAttachmentRequest>();

export const attachment = same<Attachment, wire.Attachment>();

export const headOf = same<Head, wire.Head>();

export const summary = same<Awaited<ReturnType<TrustedChatApi['resumeSummaries']>>[number], wire.ResumeSummary>();

export const backlogRequest = record<BacklogRequest, wire.BacklogRequest>({
  conversation: text,
  user: text,
  position: required(position),
});

const standing = { conversation: text, seq: whole, rev: whole, epoch: text, continuity };

export const backlog = record<Backlog, wire.Backlog>({ ...standing, items: list(message) });

const standingOf = record<Omit<Backlog, 'items'>, Omit<wire.SharedBacklog, 'items'>>(standing);

/** A message that several readers get is one object on either side, and crosses once. */
export const backlogs: Shape<readonly Backlog[], wire.BacklogsResponse> = {
  to(value) {
    const places = new Map<Message, number>();
    const placeOf = (item: Message): number => {
      const place = places.get(item) ?? places.size;
      places.set(item, place);
      return place;
    };
    const shared = value.map((each) => ({ ...standingOf.to(each), items: each.items.map(placeOf) }));
    return { messages: [...places.keys()].map(message.to), backlogs: shared };
  },
  from({ messages, backlogs: shared }) {
    const known = messages.map(message.from);
    const itemAt = (place: number): Message => {
      const item = known[place];
      if (!item) throw new WireError(`there is no message ${place}`);
      return item;
    };
    return shared.map((each) => ({ ...standingOf.from(each), items: each.items.map(itemAt) }));
  },
};

const appended = record<Appended, wire.Appended>({
  seq: whole,
  rev: whole,
  createdAt: text,
  repeated: flag,
  first: optional(
    record<NonNullable<Appended['first']>, wire.FirstDraft>({
      replyTo: nullable(whole),
      thread: nullable(whole),
      mentions: list(text),
    }),
  ),
});

const refused = record<Exclude<AppendResult, Appended>, wire.Refusal>({
  code: errorCode,
  detail: optional(text),
  retryAfterMs: optional(real),
});

export const appendResult = field(
  'result',
  oneOf<AppendResult, NonNullable<wire.AppendResult['result']>>((value) => ('code' in value ? 'refused' : 'appended'), {
    appended,
    refused,
  }),
);
