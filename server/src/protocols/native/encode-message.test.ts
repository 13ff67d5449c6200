import { message as schema } from '@parley/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountId, ConversationId, MessageId } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';
import type { Message } from '../../model/message.ts';
import { encodeMessage } from './encode-message.ts';

const conversation = '0190cccc-0000-7000-8000-000000000003' as ConversationId;
const id = '0190aaaa-0000-7000-8000-000000000001' as AccountId;
const at = '2026-01-31T12:00:00.000Z';

const messages: fc.Arbitrary<Message> = fc.record({
  conversation: fc.constant(conversation),
  seq: fc.option(fc.integer({ min: 1 })),
  rev: fc.option(fc.integer({ min: 1 })),
  id: fc.string({ minLength: 1, maxLength: 128 }).map((text) => (text.replace(/\p{C}/gu, 'x') || 'x') as MessageId),
  sender: fc.constant(id),
  content: fc.option(fc.string({ minLength: 1 }).map((text) => JSON.stringify({ type: 'text', text }, null, 1))),
  replyTo: fc.option(fc.integer({ min: 1 })),
  thread: fc.option(fc.integer({ min: 1 })),
  mentions: fc.constantFrom([], [id]),
  createdAt: fc.constant(at),
  editedAt: fc.constantFrom(null, at),
  deletedAt: fc.constantFrom(null, at),
  reactions: fc.constantFrom('{}', `{"👍":["${id}"]}`),
  pinned: fc.boolean(),
});

test('what is encoded is the message, by the published schema', () => {
  fc.assert(
    fc.property(messages, fc.string(), (message, name) => {
      const sender: Profile = { id, username: 'alice', name, about: null, avatar: null, version: 1, deleted: false };
      const read = schema.parse(JSON.parse(encodeMessage(message, sender)));
      const { content, reactions, ...plain } = message;
      expect(read).toEqual({
        ...plain,
        sender: { id, username: 'alice', name, version: 1 },
        content: JSON.parse(content ?? 'null'),
        reactions: JSON.parse(reactions),
      });
    }),
  );
});

test('content and reactions keep their characters', () => {
  const content = '{ "type":"text",\n "text":"\\u0041" }';
  const [message] = fc.sample(messages, 1);
  const text = encodeMessage(
    { ...(message as Message), content },
    { id, username: 'a', name: 'A', about: null, avatar: null, version: 1, deleted: false },
  );
  expect(text).toContain(`"content":${content},`);
});
