import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import {
  clearable,
  continuity,
  conversationKind,
  draft,
  flag,
  historyRule,
  listOf,
  membership,
  message,
  notifyRule,
  orAbsent,
  orNull,
  position,
  real,
  role,
  text,
  visibility,
  whole,
} from '../../../test-support/samples.ts';
import { createContext } from '../../kernel/context.ts';
import { type ErrorCode, errorTable } from '../../kernel/errors.ts';
import type { AccountId, AttachmentId, ConversationId } from '../../kernel/ids.ts';
import type { Message } from '../../model/message.ts';
import type { RpcMethod } from '../../rpc/rpc-service.ts';
import type { AppendResult, Attachment, Backlog, ConversationView, NewConversation } from './api.ts';
import { chatRpc } from './rpc.ts';
import type { WholeChatApi } from './trusted-api.ts';

const nothing = fc.constant(undefined);
const conversation = text<ConversationId>();
const user = text<AccountId>();
const one = fc.tuple(conversation);
const numbered = fc.tuple(conversation, whole);
const page = fc.record({ limit: whole, after: orAbsent(text()) });
const next = orNull(text());

const view = fc.record<ConversationView>({
  id: conversation,
  kind: conversationKind,
  name: orNull(text()),
  topic: orNull(text()),
  avatar: orNull(text()),
  visibility,
  history: historyRule,
  epoch: text(),
  lastSeq: whole,
  lastRev: whole,
  createdAt: text(),
  updatedAt: text(),
  role: orNull(role),
  unread: whole,
  mentions: whole,
  delivered: whole,
  read: whole,
  mutedUntil: orNull(text()),
  archived: flag,
  pinned: flag,
  notify: notifyRule,
  preferencesVersion: whole,
  lastMessage: orNull(message),
  memberCount: whole,
  peer: orNull(user),
});
const newConversation = fc.record<NewConversation>({
  id: orAbsent(conversation),
  kind: conversationKind,
  name: orAbsent(text()),
  topic: orAbsent(text()),
  avatar: orAbsent(text()),
  members: listOf(user),
  visibility: orAbsent(visibility),
  history: orAbsent(historyRule),
});
const change = fc.record({
  name: orAbsent(text()),
  topic: clearable,
  avatar: clearable,
  visibility: orAbsent(visibility),
  history: orAbsent(historyRule),
});
const preferences = fc.record({
  mutedUntil: clearable,
  archived: orAbsent(flag),
  pinned: orAbsent(flag),
  notify: orAbsent(notifyRule),
});
const range = fc.record({
  before: orAbsent(whole),
  after: orAbsent(whole),
  around: orAbsent(whole),
  thread: orAbsent(whole),
  limit: whole,
});
const newAttachment = { id: text<AttachmentId>(), name: text(), size: whole, mediaType: text() };
const attachment = fc.record<Attachment>({ ...newAttachment, owner: user, createdAt: text() });
const head = { conversation, epoch: text(), lastSeq: whole, lastRev: whole };
const backlog = fc.record<Backlog>({
  conversation,
  items: listOf(message),
  seq: whole,
  rev: whole,
  epoch: text(),
  continuity,
});
const first = fc.record({ replyTo: orNull(whole), thread: orNull(whole), mentions: listOf(user) });
const appended = fc.record(
  { seq: whole, rev: whole, createdAt: text(), repeated: flag, first },
  { requiredKeys: ['seq', 'rev', 'createdAt', 'repeated'] },
);
const refused = fc.record(
  { code: fc.constantFrom(...(Object.keys(errorTable) as ErrorCode[])), detail: text(), retryAfterMs: real },
  { requiredKeys: ['code'] },
);
const appendResult: fc.Arbitrary<AppendResult> = fc.oneof(appended, refused);

checkRpc<WholeChatApi>(chatRpc, 'parley.chat.v1.ChatService', {
  append: {
    args: fc.tuple(listOf(draft)),
    answer: listOf(appendResult),
    result: fc.tuple(fc.nat(), appendResult),
  },
  createConversation: {
    args: fc.tuple(newConversation),
    answer: fc.record({ conversation: view, created: flag }),
  },
  listConversations: {
    args: fc.tuple(page),
    answer: fc.record({ items: listOf(view), cursors: listOf(fc.string()), next }),
  },
  getConversation: { args: one, answer: view },
  getConversations: { args: fc.tuple(listOf(conversation)), answer: listOf(view) },
  updateConversation: { args: fc.tuple(conversation, change), answer: view },
  deleteConversation: { args: one, answer: nothing },
  setPreferences: { args: fc.tuple(conversation, preferences), answer: nothing },
  listMembersOf: {
    args: fc.tuple(listOf(fc.record({ id: conversation, page }))),
    answer: listOf(fc.record({ items: listOf(membership), next })),
  },
  listMembers: { args: fc.tuple(conversation, page), answer: fc.record({ items: listOf(membership), next }) },
  putMember: {
    args: fc.tuple(conversation, user, role),
    answer: fc.record({ member: membership, created: flag }),
  },
  addMembers: { args: fc.tuple(conversation, listOf(user)), answer: listOf(membership) },
  removeMember: { args: fc.tuple(conversation, user), answer: nothing },
  history: {
    args: fc.tuple(conversation, range),
    answer: fc.record({ items: listOf(message), epoch: text(), lastSeq: whole, lastRev: whole }),
  },
  getMessage: { args: numbered, answer: message },
  changes: { args: fc.tuple(conversation, position, whole), answer: backlog },
  editMessage: { args: fc.tuple(conversation, whole, text(), orAbsent(fc.array(text()))), answer: message },
  deleteMessage: { args: numbered, answer: nothing },
  setReaction: { args: fc.tuple(conversation, whole, text(), flag), answer: nothing },
  setPinned: { args: fc.tuple(conversation, whole, flag), answer: nothing },
  putReceipt: {
    args: fc.tuple(conversation, fc.record({ delivered: orAbsent(whole), read: orAbsent(whole) })),
    answer: nothing,
  },
  listReceipts: {
    args: one,
    answer: listOf(fc.record({ conversation, user, delivered: whole, read: whole })),
  },
  search: {
    args: fc.tuple(
      fc.record({
        query: text(),
        conversation: orAbsent(conversation),
        from: orAbsent(user),
        before: orAbsent(real),
        limit: whole,
        after: orAbsent(text()),
      }),
    ),
    answer: fc.record({ items: listOf(fc.record({ message, excerpt: text() })), next }),
  },
  createAttachment: { args: fc.tuple(fc.record(newAttachment)), answer: attachment },
  getAttachment: { args: fc.tuple(text<AttachmentId>()), answer: attachment },
  reserveAttachment: { args: fc.tuple(fc.record({ id: text<AttachmentId>(), size: whole })), answer: nothing },
  deleteAttachment: { args: fc.tuple(text<AttachmentId>()), answer: nothing },
  getAttachmentUsage: { args: fc.tuple(), answer: fc.record({ usedBytes: whole, quotaBytes: whole }) },
  collectAttachments: { args: fc.tuple(), answer: listOf(text<AttachmentId>()) },
  forgetAttachments: { args: fc.tuple(listOf(text<AttachmentId>())), answer: nothing },
  listUnknownAttachments: { args: fc.tuple(listOf(text<AttachmentId>())), answer: listOf(text<AttachmentId>()) },
  getAttachmentTotals: { args: fc.tuple(), answer: fc.record({ storedBytes: whole, reclaimableBytes: whole }) },
  sendEphemeral: { args: fc.tuple(draft), answer: fc.record({ createdAt: text() }) },
  setTyping: { args: fc.tuple(conversation, flag), answer: nothing },
  membershipsOf: { args: fc.tuple(listOf(user)), answer: listOf(membership) },
  conversationsOf: {
    args: fc.tuple(listOf(user)),
    answer: listOf(fc.record({ user, conversations: listOf(conversation) })),
  },
  notifyPreferencesOf: {
    args: fc.tuple(listOf(user)),
    answer: listOf(fc.record({ user, conversation, notify: notifyRule, mutedUntil: orNull(text()) })),
  },
  backlogs: { args: fc.tuple(listOf(fc.record({ conversation, user, position }))), answer: listOf(backlog) },
  resumeSummaries: {
    args: fc.tuple(user, listOf(conversation)),
    answer: listOf(fc.record({ ...head, unread: whole, left: flag })),
  },
  heads: { args: fc.tuple(listOf(conversation)), answer: listOf(fc.record(head)) },
  repair: {
    args: fc.tuple(fc.record({ conversation, rev: whole, minRev: whole, limit: whole })),
    answer: fc.record({
      messages: listOf(message),
      memberships: listOf(membership),
      head: fc.record(head),
      rev: whole,
    }),
  },
  viewFor: {
    args: fc.tuple(fc.record({ conversation, user, minRev: whole })),
    answer: orNull(view),
  },
});

test('backlogs of many readers carry each message once, and it is one object at either end', () => {
  const { response } = chatRpc.methods.backlogs;
  const [told] = fc.sample(message, 1) as [Message];
  const item = { ...told, content: 'x'.repeat(10_000) };
  const one = { conversation: 'c', items: [item, item], seq: 1, rev: 1, epoch: 'e', continuity: 'kept' as const };
  const many = Array.from({ length: 100 }, () => one) as unknown as Backlog[];
  const bytes = response.encode(many as never);
  expect(bytes.length).toBeLessThan(20_000);
  const read = response.decode(bytes) as unknown as Backlog[];
  expect(read).toEqual(many);
  expect(new Set(read.flatMap((backlog) => backlog.items)).size).toBe(1);
});

describe('which instance of chat is asked', () => {
  const ann = createContext({ account: 'ann', session: 's', username: 'ann', admin: false } as never, 'r');
  const nobody = createContext(null, 'r');
  const keyOf = (name: keyof WholeChatApi, ctx: typeof ann, ...args: unknown[]) =>
    (chatRpc.methods[name] as RpcMethod).key?.(ctx, ...args) ?? null;

  test.each([
    'updateConversation',
    'deleteConversation',
    'setPreferences',
    'listMembers',
    'putMember',
    'addMembers',
    'removeMember',
    'history',
    'getMessage',
    'changes',
    'editMessage',
    'deleteMessage',
    'setReaction',
    'setPinned',
    'setTyping',
  ] as const)('%s: that of the conversation', (name) => {
    expect(keyOf(name, ann, 'c', 1, 2, 3)).toBe('c');
  });

  test('a message that is never stored and a repair: that of the conversation they are about', () => {
    expect(keyOf('sendEphemeral', ann, { conversation: 'c' })).toBe('c');
    expect(keyOf('repair', nobody, { conversation: 'c', rev: 1, minRev: 2, limit: 3 })).toBe('c');
    expect(keyOf('createConversation', ann, { id: 'c', kind: 'group', members: [] })).toBe('c');
    expect(keyOf('createConversation', ann, { kind: 'group', members: [] })).toBeNull();
  });

  test.each(['listConversations', 'getConversation', 'putReceipt', 'listReceipts'] as const)(
    '%s: that of the caller, where their receipts wait',
    (name) => {
      expect(keyOf(name, ann, 'c', {})).toBe('ann');
      expect(keyOf(name, nobody, 'c', {})).toBeNull();
    },
  );

  test('what is read for a user: that of the user', () => {
    expect(keyOf('resumeSummaries', nobody, 'ann', [])).toBe('ann');
    expect(keyOf('viewFor', nobody, { conversation: 'c', user: 'ann', minRev: 1 })).toBe('ann');
  });

  test.each([
    'search',
    'createAttachment',
    'getAttachment',
    'reserveAttachment',
    'deleteAttachment',
    'getAttachmentUsage',
    'collectAttachments',
    'forgetAttachments',
    'listUnknownAttachments',
    'getAttachmentTotals',
    'membershipsOf',
    'conversationsOf',
    'notifyPreferencesOf',
    'backlogs',
    'heads',
    'append',
  ] as const)('%s: any', (name) => {
    expect(keyOf(name, ann, [])).toBeNull();
  });
});

test('only what may be repeated is said to be', () => {
  const once = Object.entries<RpcMethod>(chatRpc.methods).filter(([, { idempotent }]) => !idempotent);
  expect(once.map(([name]) => name).sort()).toEqual([
    'createAttachment',
    'createConversation',
    'deleteAttachment',
    'deleteConversation',
    'removeMember',
    'reserveAttachment',
    'sendEphemeral',
  ]);
});
