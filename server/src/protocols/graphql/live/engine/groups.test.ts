import fc from 'fast-check';
import { getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { ann, bob, one } from '../../../../../test-support/protocol-hub.ts';
import type { MessageId } from '../../../../kernel/ids.ts';
import { silentLog } from '../../../../kernel/log.ts';
import type { HubEvent, Senders } from '../../../../services/realtime/api.ts';
import { schema } from '../../schema/schema.ts';
import { createGroups, Group } from './groups.ts';
import { createSelections } from './selection.ts';

const read = createSelections(schema, silentLog);

function join(groups: ReturnType<typeof createGroups>, query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  return groups.join(document, operation, variables);
}

const added = (seq: number, content: string | null = '{"type":"text","text":"hello"}'): HubEvent => ({
  ...{ kind: 'message', conversation: one, rev: seq },
  message: {
    ...{ conversation: one, seq, rev: seq, id: `m${seq}` as MessageId, sender: bob, content },
    ...{ replyTo: null, thread: null, mentions: [ann], createdAt: '2026-01-01T00:00:00.000Z', editedAt: null },
    ...{ deletedAt: null, reactions: JSON.stringify({ '👍': [ann] }), pinned: false },
  },
});

const senders: Senders = {
  get: (id) => ({ id, username: 'bob', name: 'Bob', about: null, avatar: null, version: 1, deleted: false }),
};

test('who selects the same is in one group, wherever they begin and however they write it', () => {
  const groups = createGroups(read);
  const same = [
    join(groups, 'subscription { messages { ...F } } fragment F on MessageAdded { message { seq } }'),
    join(
      groups,
      `subscription Named { # so\n messages(conversations: ["${one}"]) { ...F } } fragment F on MessageAdded { message { seq } }`,
    ),
    join(
      groups,
      'subscription ($after: [ConversationPositionInput!]) { messages(after: $after) { ...F } } fragment F on MessageAdded { message { seq } }',
      { after: [{ conversation: one, epoch: 'e', seq: 1 }] },
    ),
  ];
  expect(new Set(same).size).toBe(1);
  const flag = 'subscription ($deep: Boolean!) { typing { on userId @include(if: $deep) } }';
  const others = [
    join(groups, 'subscription { messages { ... on MessageAdded { message { rev } } } }'),
    join(groups, flag, { deep: true }),
    join(groups, flag, { deep: false }),
  ];
  expect(new Set(others).size).toBe(3);
  expect(groups.size).toBe(4);
  for (const group of [...same, ...others]) groups.leave(group);
  expect(groups.size).toBe(0);
});

test('an event says the same whether it is interpreted or compiled, of every field that can be selected', () => {
  const group = join(
    createGroups(read),
    `subscription { told: messages { __typename ... on MessageAdded { message {
      id messageId conversationId seq rev replyTo thread mentionIds createdAt editedAt deletedAt pinned
      sender { id username name about avatar }
      content { __typename type text json ... on LocationContent { latitude } ... on AttachmentContent { url } }
      reactions { emoji count userIds }
    } } } }`,
  );
  const said = Array.from({ length: 40 }, (_, i) => group.encoder.encode(added(i + 1), senders)?.toString());
  for (const [i, line] of said.entries()) {
    expect(JSON.parse(line as string)).toEqual({
      data: {
        told: {
          __typename: 'MessageAdded',
          message: {
            ...{ id: `${one}:${i + 1}`, messageId: `m${i + 1}`, conversationId: one, seq: i + 1, rev: i + 1 },
            ...{ replyTo: null, thread: null, mentionIds: [ann], createdAt: '2026-01-01T00:00:00.000Z' },
            ...{ editedAt: null, deletedAt: null, pinned: false },
            sender: { id: bob, username: 'bob', name: 'Bob', about: null, avatar: null },
            content: { __typename: 'TextContent', type: 'TEXT', text: 'hello', json: { type: 'text', text: 'hello' } },
            reactions: [{ emoji: '👍', count: 1, userIds: [ann] }],
          },
        },
      },
    });
  }
  expect(JSON.parse(String(group.encoder.encode(added(1, null), senders))).data.told.message.content).toBeNull();
});

test('every field that a subscription can reach is there at once, or is marked as one that loads', () => {
  const marked = ['User.presence', 'Reaction.users', 'Message.mentions', 'Message.conversation'];
  const found = Object.values(schema.getTypeMap()).flatMap((type) =>
    'getFields' in type
      ? Object.values(type.getFields()).flatMap((field) =>
          field.extensions.loads ? [`${type.name}.${field.name}`] : [],
        )
      : [],
  );
  expect(found.sort()).toEqual(marked.sort());
  expect(() =>
    join(createGroups(read), 'subscription { messages { ... on MessageAdded { message { mentions { id } } } } }'),
  ).toThrow('Message.mentions cannot be part of a subscription');
});

/** The texts of unmasked WebSocket frames. */
function readFrames(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x81);
    const short = bytes[at + 1] as number;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    texts.push(bytes.toString('utf8', at + head, at + head + length));
    at += head + length;
  }
  return texts;
}

test('every subscriber gets every payload under their own id, also who lets bytes wait', () => {
  const payload = fc.oneof(
    fc.json(),
    fc.integer({ min: 60, max: 140 }).map((n) => JSON.stringify('x'.repeat(n))),
    fc.integer({ min: 65_400, max: 65_600 }).map((n) => JSON.stringify('y'.repeat(n))),
  );
  const subscriber = fc.record({ id: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }), slow: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(fc.array(payload, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(subscriber, { maxLength: 6 }),
      (writes, subscribers) => {
        const group = new Group({ field: 'messages', key: 'k', encode: () => null });
        const sockets = subscribers.map(({ id, slow }) => {
          const kept: Buffer[] = [];
          return {
            id,
            kept,
            idText: new TextEncoder().encode(JSON.stringify(id)),
            // A fast one has taken the bytes when the write returns; a slow one goes on reading the memory it was given.
            write: (frames: Buffer) => void kept.push(slow ? frames : Buffer.from(frames)),
            get buffered() {
              return slow ? 1 : 0;
            },
          };
        });
        for (const payloads of writes) {
          const lines = Buffer.from(payloads.map((text) => `${text}\n`).join(''));
          for (const socket of sockets) group.write(socket, lines, socket.idText);
        }
        const payloads = writes.flat().map((text) => JSON.parse(text));
        for (const { id, kept } of sockets) {
          const frames = readFrames(Buffer.concat(kept)).map((text) => JSON.parse(text));
          expect(frames).toEqual(payloads.map((said) => ({ id, type: 'next', payload: said })));
        }
      },
    ),
    { numRuns: 200 },
  );
});
