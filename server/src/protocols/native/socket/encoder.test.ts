import { serverFrames } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { AccountId, ConversationId, MessageId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import { encodeEvent, nativeEncoder, type Told } from './encoder.ts';

const conversation = '0190cccc-0000-7000-8000-000000000003' as ConversationId;
const user = '0190aaaa-0000-7000-8000-000000000001' as AccountId;
const at = '2026-01-31T12:00:00.000Z';
const sender = { id: user, username: 'alice', name: 'A', about: null, avatar: null };
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

const events: Told[] = [
  { op: 'message', message, sender },
  { op: 'message', message: { ...message, seq: null, rev: null }, sender },
  { op: 'edited', message: { ...message, editedAt: at }, sender },
  { op: 'deleted', conversation, seq: 1, rev: 3 },
  { op: 'reaction', conversation, seq: 1, rev: 3, user, emoji: '"👍', on: true },
  { op: 'pinned', conversation, seq: 1, rev: 3, user, on: false },
  { op: 'receipt', conversation, user, delivered: 2, read: 1 },
  { op: 'typing', conversation, user, on: true },
  { op: 'presence', user, online: true, lastSeen: null },
  { op: 'presence', user, online: false, lastSeen: at },
  { op: 'conversation', change: 'joined', rev: 4, conversation: { id: conversation }, user },
  { op: 'conversation', change: 'updated', rev: 9, since: 4, conversation: { id: conversation } },
  {
    op: 'conversation',
    change: 'created',
    rev: 1,
    conversation: { id: conversation, name: 'N', mutedUntil: null, peer: user, lastMessage: message, memberCount: 2 },
  },
  {
    op: 'resumed',
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
  { op: 'resumed', ref: null, conversations: [], more: false },
  { op: 'drain', reconnectInMs: 5 },
];

test.each(events)('$op is a frame of the published schema, op first', (event) => {
  const text = encodeEvent(event);
  expect(text).toMatch(new RegExp(`^\\{"op":"${event.op}"[,}]`));
  const frame = JSON.parse(text);
  expect(serverFrames[event.op].parse(frame)).toEqual(frame);
});

test('of preferences there is no frame: no client knows one', () => {
  expect(nativeEncoder.encode({ op: 'preferences', preferences: null })).toBe(null);
});

test('the buffer is the text behind a WebSocket header', () => {
  const frame = nativeEncoder.encode({ op: 'drain', reconnectInMs: 5 }) as Buffer;
  expect(frame[0]).toBe(0x81);
  expect(frame.subarray(2).toString()).toBe('{"op":"drain","reconnectInMs":5}');
});
