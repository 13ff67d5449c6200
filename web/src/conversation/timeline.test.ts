import type { Draft, StoredMessage } from '@parley/client';
import { describe, expect, it } from 'vitest';
import { createTimeline, tickOf } from './timeline.ts';

/** Nothing was unread. */
const opened = Number.POSITIVE_INFINITY;

function message(
  seq: number,
  sender: string,
  minute: number,
  content: StoredMessage['content'] = { type: 'text', text: 'x' },
) {
  return {
    conversation: 'c',
    seq,
    rev: seq,
    id: `m${seq}`,
    sender: { id: sender, username: sender, name: sender, version: 1 },
    content,
    replyTo: null,
    thread: null,
    mentions: [],
    createdAt: new Date(2026, 0, 5, 12, minute).toISOString(),
    editedAt: null,
    deletedAt: null,
    reactions: {},
    pinned: false,
  } satisfies StoredMessage;
}

function draft(id: string, minute: number): Draft {
  return {
    id,
    conversation: 'c',
    content: { type: 'text', text: id },
    createdAt: new Date(2026, 0, 5, 12, minute).toISOString(),
    order: minute,
    state: 'waiting',
  };
}

describe('createTimeline', () => {
  it('groups what one sender wrote in a row within five minutes', () => {
    const rows = createTimeline(
      [message(1, 'a', 0), message(2, 'a', 1), message(3, 'b', 2), message(4, 'b', 20)],
      [],
      'a',
      opened,
    );
    expect(rows.map(({ opens, closes }) => [opens, closes])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
  });

  it('begins a day and a group at midnight', () => {
    const next = { ...message(2, 'a', 0), createdAt: new Date(2026, 0, 6, 0, 1).toISOString() };
    const last = { ...message(1, 'a', 0), createdAt: new Date(2026, 0, 5, 23, 59).toISOString() };
    const rows = createTimeline([last, next], [], 'a', opened);
    expect(rows.map(({ day, opens, closes }) => [day, opens, closes])).toEqual([
      [true, true, true],
      [true, true, true],
    ]);
  });

  it('draws the line above the first message of another that was not read', () => {
    const messages = [message(1, 'b', 0), message(2, 'me', 1), message(3, 'b', 2), message(4, 'b', 3)];
    const rows = createTimeline(messages, [], 'me', 1);
    expect(rows.map(({ firstUnread }) => firstUnread)).toEqual([false, false, true, false]);
    expect(createTimeline(messages, [], 'me', opened).some(({ firstUnread }) => firstUnread)).toBe(false);
  });

  it('keeps the row of a draft when it becomes a message, and shows it once', () => {
    const waiting = createTimeline([message(1, 'b', 0)], [draft('m2', 1)], 'me', opened);
    const both = createTimeline([message(1, 'b', 0), message(2, 'me', 1)], [draft('m2', 1)], 'me', opened);
    expect(both).toHaveLength(2);
    expect(both[1]?.key).toBe(waiting[1]?.key);
    expect(both[1]?.message?.seq).toBe(2);
  });

  it('does not hide a draft behind the same id of somebody else', () => {
    const rows = createTimeline([{ ...message(1, 'b', 0), id: 'same' }], [draft('same', 1)], 'me', opened);
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2);
  });
});

describe('tickOf', () => {
  const receipts = (...marks: [number, number][]) =>
    Object.fromEntries(marks.map(([delivered, read], i) => [`u${i}`, { user: `u${i}`, delivered, read }]));

  it('is as far as the slowest of the others', () => {
    expect(tickOf(5, {})).toBe('sent');
    expect(tickOf(5, receipts([5, 0]))).toBe('delivered');
    expect(tickOf(5, receipts([5, 5]))).toBe('read');
    expect(tickOf(5, receipts([9, 9], [5, 2]))).toBe('delivered');
    expect(tickOf(5, receipts([9, 9], [4, 2]))).toBe('sent');
  });
});
