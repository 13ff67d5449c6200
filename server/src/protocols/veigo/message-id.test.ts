import { expect, test } from 'vitest';
import { type ConversationId, isUuid } from '../../kernel/ids.ts';
import { createMessageId, parseMessageId } from './message-id.ts';

const room = '0190aaaa-0000-7000-8123-0123456789ab' as ConversationId;
const other = '0190aaaa-0000-7000-8123-0123456789ac' as ConversationId;

test('an id is a UUID that leads back to the seq, in its own room only', () => {
  for (const seq of [1, 255, 2 ** 32, 2 ** 47]) {
    const id = createMessageId(room, seq);
    expect(isUuid(id)).toBe(true);
    expect(parseMessageId(room, id)).toBe(seq);
    expect(parseMessageId(room, id.toUpperCase())).toBe(seq);
    expect(() => parseMessageId(other, id)).toThrow('There is no such message.');
  }
});

test.each(['', 'x', '01234567-89ab-8000-8000-000000000000', '01234567-89ab-7000-8000-000000000001'])(
  '%s is no id of a message',
  (id) => expect(() => parseMessageId(room, id)).toThrow('There is no such message.'),
);
