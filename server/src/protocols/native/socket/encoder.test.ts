import { serverFrames } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { AccountId, ConversationId, MessageId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import type { HubEvent, Senders } from '../../../services/realtime/api.ts';
import { encodeEvent, nativeEncoder } from './encoder.ts';

const conversation = '0190cccc-0000-7000-8000-000000000003' as ConversationId;
const user = '0190aaaa-0000-7000-8000-000000000001' as AccountId;
const at = '2026-01-31T12:00:00.000Z';
const senders: Senders = {
  get: (id) => ({ id, username: 'alice', name: 'A', about: null, avatar: null, version: 1, deleted: false }),
};
const message: Message = {
  conversation,
  seq: 1,
  rev: 2,
  id: 'm"1' as MessageId,
  sender: user,
  content: '{"type":"text","text":"hi"}',
  replyTo: null,
  thread: null,
  mentions: [],
  createdAt: at,
  editedAt: null,
  deletedAt: null,
  reactions: '{}',
  pinned: false,
};

const events: HubEvent[] = [
  { kind: 'missed' },
  { kind: 'message', conversation, rev: 2, message },
  { kind: 'ephemeral', conversation, message: { ...message, seq: null, rev: null } },
  { kind: 'edited', conversation, rev: 3, message: { ...message, rev: 3, editedAt: at } },
  { kind: 'deleted', conversation, seq: 1, rev: 3 },
  { kind: 'reaction', conversation, seq: 1, rev: 3, user, emoji: '"👍', on: true },
  { kind: 'pinned', conversation, seq: 1, rev: 3, user, on: false },
  { kind: 'receipt', conversation, user, delivered: 2, read: 1 },
  { kind: 'typing', conversation, user, on: true },
  { kind: 'presence', user, online: true, lastSeen: null },
  { kind: 'presence', user, online: false, lastSeen: at },
  { kind: 'conversation', change: 'joined', rev: 4, conversation: { id: conversation }, user },
  { kind: 'conversation', change: 'updated', rev: 9, since: 4, conversation: { id: conversation } },
  {
    kind: 'conversation',
    change: 'created',
    rev: 1,
    conversation: { id: conversation, name: 'N', mutedUntil: null, peer: user, lastMessage: message, memberCount: 2 },
  },
  {
    kind: 'resumed',
    ref: 'r',
    conversations: [
      { conversation, epoch: 'e', lastSeq: 1, lastRev: 2, seq: 1, rev: 2, continuity: 'kept', unread: 0, left: true },
      {
        conversation: user as unknown as ConversationId,
        epoch: 'e',
        lastSeq: 1,
        lastRev: 2,
        seq: 1,
        rev: 2,
        continuity: 'more',
        unread: 1,
        left: false,
      },
    ],
    more: true,
  },
  { kind: 'resumed', ref: null, conversations: [], more: false },
  { kind: 'drain', reconnectInMs: 5 },
  { kind: 'preferences', user, conversation, mutedUntil: at, archived: true, pinned: false, notify: 'all', version: 3 },
  { kind: 'user', profile: { ...senders.get(user), about: 'x', version: 4, deleted: true } },
];

test.each(events)('$kind is a frame of the published schema, op first', (event) => {
  const op = event.kind === 'ephemeral' ? 'message' : event.kind === 'preferences' ? 'conversation' : event.kind;
  const text = encodeEvent(event, senders);
  expect(text).toMatch(new RegExp(`^\\{"op":"${op}"[,}]`));
  const frame = JSON.parse(text);
  expect(serverFrames[op].parse(frame)).toEqual(frame);
});

test("preferences are the reader's own side of the conversation, and move no position", () => {
  const own = { mutedUntil: null, archived: true, pinned: false, notify: 'mentions' } as const;
  expect(JSON.parse(encodeEvent({ kind: 'preferences', user, conversation, ...own, version: 7 }, senders))).toEqual({
    ...{ op: 'conversation', change: 'updated', rev: 0 },
    conversation: { id: conversation, muted: false, ...own, preferencesVersion: 7 },
  });
});

test('the buffer is the text behind a WebSocket header', () => {
  const frame = nativeEncoder.encode({ kind: 'drain', reconnectInMs: 5 }, senders) as Buffer;
  expect(frame[0]).toBe(0x81);
  expect(frame.subarray(2).toString()).toBe('{"op":"drain","reconnectInMs":5}');
});
