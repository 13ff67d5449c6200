import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ann,
  bob,
  one,
  type ProtocolHub,
  startProtocolHub,
  subscribe,
  two,
} from '../../../../../test-support/protocol-hub.ts';

let server: ProtocolHub;
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(() => server.close());

const messages = `subscription ($in: [ID!], $after: [ConversationPositionInput!]) {
  messages(conversations: $in, after: $after) {
    kind: __typename
    ... on MessageAdded { message { conversationId seq rev sender { id name } content { text } } }
    ... on MessageEdited { message { seq rev } }
    ... on MessageDeleted { seq rev }
    ... on ReactionChanged { seq emoji userId on }
    ... on PinChanged { seq userId on }
    ... on Resumed { more conversations { conversationId continuity left position { epoch seq rev } } }
  }
}`;

/** The hub's connections: of each socket one, and one of each subscription. */
const connections = () => server.hub.realtime.hub.connectionCount;

async function until(count: number): Promise<void> {
  await expect.poll(connections).toBe(count);
  await server.hub.settle();
}

const seqs = (events: Record<string, unknown>[]) =>
  events.map((event) =>
    `${event.kind} ${(event.message as { seq: number } | undefined)?.seq ?? event.seq ?? ''}`.trim(),
  );

describe('a subscription', () => {
  test('is told what happens, in the words it asked for', async () => {
    const c = server.hub.chat.create(one, [ann, bob]);
    server.hub.loseStream();
    const feed = subscribe(server.connect('ann'), messages);
    await until(2);
    server.hub.chat.send(c, bob, 'hello');
    server.hub.chat.edit(c, 1);
    server.hub.chat.delete(c, 1);
    await server.hub.route();
    await server.hub.deliver([
      { kind: 'reaction', conversation: one, rev: 5, seq: 1, user: bob, emoji: '👍', on: true },
      { kind: 'pinned', conversation: one, rev: 6, seq: 1, user: bob, on: false },
    ]);
    await expect.poll(() => feed.results.length).toBe(5);
    expect(feed.events()).toEqual([
      {
        kind: 'MessageAdded',
        message: {
          ...{ conversationId: one, seq: 1, rev: 2 },
          ...{ sender: { id: bob, name: bob.toUpperCase() }, content: { text: 'hello' } },
        },
      },
      { kind: 'MessageEdited', message: { seq: 1, rev: 3 } },
      { kind: 'MessageDeleted', seq: 1, rev: 4 },
      { kind: 'ReactionChanged', seq: 1, emoji: '👍', userId: bob, on: true },
      { kind: 'PinChanged', seq: 1, userId: bob, on: false },
    ]);
  });

  test('is told nothing of kinds it selects nothing of, nor of conversations it does not name', async () => {
    const [c, d] = [server.hub.chat.create(one, [ann, bob]), server.hub.chat.create(two, [ann, bob])];
    server.hub.loseStream();
    const client = server.connect('ann');
    const deleted = subscribe(client, 'subscription { messages { ... on MessageDeleted { conversationId seq } } }');
    const narrow = subscribe(client, messages, { in: [two] });
    await until(3);
    server.hub.chat.send(c, bob);
    server.hub.chat.send(d, bob);
    server.hub.chat.delete(c, 1);
    await server.hub.route();
    await expect.poll(() => [deleted.results.length, narrow.results.length]).toEqual([1, 1]);
    expect(deleted.events()).toEqual([{ conversationId: one, seq: 1 }]);
    expect(seqs(narrow.events())).toEqual(['MessageAdded 1']);
  });

  test('begins with what it has missed, then says so, then goes on: nothing missing, nothing twice', async () => {
    const c = server.hub.chat.create(one, [ann, bob]);
    for (let i = 0; i < 4; i++) server.hub.chat.send(c, bob);
    server.hub.chat.edit(c, 1);
    server.hub.loseStream();
    // The user is known here already: what is sent while the subscription opens could come live ahead of its backlog.
    const client = server.connect('ann');
    subscribe(client, 'subscription { typing { on } }');
    await until(2);
    server.hub.chat.latency = () => 3;
    server.hub.checkTurns = 20;
    const feed = subscribe(client, messages, { after: [{ conversation: one, epoch: `e-${one}`, seq: 2, rev: 3 }] });
    for (let i = 0; i < 60; i++) {
      if (i % 5 === 0) server.hub.chat.send(c, bob);
      await server.hub.route();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => feed.events().some(({ kind }) => kind === 'Resumed')).toBe(true);
    server.hub.chat.send(c, bob);
    await server.hub.route();
    await expect.poll(() => seqs(feed.events()).at(-1)).toBe(`MessageAdded ${c.lastSeq}`);
    const told = seqs(feed.events());
    const sent = Array.from({ length: c.lastSeq - 2 }, (_, i) => `MessageAdded ${i + 3}`);
    expect(told.filter((event) => event.startsWith('MessageAdded'))).toEqual(sent);
    expect(told.filter((event) => !event.startsWith('MessageAdded'))).toEqual(['MessageEdited 1', 'Resumed']);
  });

  test.each([
    ['kept', { epoch: `e-${one}`, seq: 1, rev: 2 }, 'KEPT', ['MessageAdded 2', 'MessageAdded 3', 'Resumed']],
    ['more', { epoch: `e-${one}`, seq: 0, rev: 1 }, 'MORE', ['MessageAdded 1', 'MessageAdded 2', 'Resumed']],
    ['lost', { epoch: 'another', seq: 1, rev: 2 }, 'LOST', ['Resumed']],
  ])('continuity is %s', async (_, position, continuity, told) => {
    server.hub.chat.backlogLimit = 2;
    const c = server.hub.chat.create(one, [ann, bob]);
    for (let i = 0; i < 3; i++) server.hub.chat.send(c, bob);
    server.hub.loseStream();
    const feed = subscribe(server.connect('ann'), messages, { in: [one], after: [{ conversation: one, ...position }] });
    await expect.poll(() => feed.results.length).toBe(told.length);
    expect(seqs(feed.events())).toEqual(told);
    const { conversations } = feed.events().at(-1) as { conversations: object[] };
    expect(conversations).toEqual([
      {
        conversationId: one,
        continuity,
        left: false,
        position: { epoch: `e-${one}`, seq: continuity === 'MORE' ? 2 : 3, rev: 4 },
      },
    ]);
  });

  test('is carried out once for all who select the same, on whatever socket', async () => {
    const c = server.hub.chat.create(one, [ann, bob]);
    server.hub.loseStream();
    const added = (fields: string) => `subscription { messages { ... on MessageAdded { message { ${fields} } } } }`;
    const feeds = ['ann', 'ann', 'bob', 'bob', 'bob'].map((who) =>
      subscribe(server.connect(who), added('seq createdAt')),
    );
    const other = subscribe(server.connect('bob'), added('rev createdAt'));
    await until(12);
    const message = server.hub.chat.send(c, bob);
    let read = 0;
    const watched = Object.defineProperty({ ...message }, 'createdAt', {
      enumerable: true,
      get: () => {
        read++;
        return message.createdAt;
      },
    });
    await server.hub.deliver([{ kind: 'message', conversation: one, rev: c.lastRev, message: watched }]);
    await expect.poll(() => [...feeds, other].map(({ results }) => results.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(read).toBe(2);
    expect(other.events()).toEqual([{ message: { rev: c.lastRev, createdAt: message.createdAt } }]);
  });

  test('of receipts, typing, presence and conversations', async () => {
    const c = server.hub.chat.create(one, [ann, bob]);
    server.hub.loseStream();
    const client = server.connect('ann');
    const receipts = subscribe(client, 'subscription { receipts { conversationId userId delivered read } }');
    const typing = subscribe(client, `subscription { typing(conversations: ["${one}"]) { userId on } }`);
    const presence = subscribe(
      client,
      `subscription { presence(users: ["${bob}"]) { userId presence { state lastSeen } } }`,
    );
    const conversations = subscribe(
      client,
      'subscription { conversations { ... on ConversationEvent { change rev userId conversation { id name kind } } } }',
    );
    await until(5);
    await server.hub.deliver([
      { kind: 'receipt', conversation: one, user: bob, delivered: 3, read: 2 },
      { kind: 'typing', conversation: one, user: bob, on: true },
    ]);
    server.hub.chat.rename(c);
    await server.hub.route();
    const other = subscribe(server.connect('bob'), 'subscription { typing { on } }');
    await expect.poll(() => presence.events().length).toBeGreaterThan(0);
    await expect
      .poll(() => presence.events().at(-1))
      .toEqual({ userId: bob, presence: { state: 'ONLINE', lastSeen: null } });
    other.stop();
    await expect.poll(() => typing.events()).toEqual([{ userId: bob, on: true }]);
    await expect
      .poll(() => conversations.events())
      .toEqual([{ change: 'UPDATED', rev: 2, userId: null, conversation: { id: one, name: c.name, kind: 'GROUP' } }]);
    server.hub.tick();
    await expect.poll(() => receipts.events()).toEqual([{ conversationId: one, userId: bob, delivered: 3, read: 2 }]);
  });

  test('of conversations tells first which there are and how far they have come', async () => {
    const c = server.hub.chat.create(one, [ann, bob]);
    const after = [
      { conversation: one, epoch: `e-${one}`, seq: 0, rev: c.lastRev },
      { conversation: two, epoch: 'e', seq: 0, rev: 1 },
    ];
    server.hub.chat.send(c, bob, 'meanwhile');
    server.hub.chat.rename(c);
    server.hub.loseStream();
    const feed = subscribe(
      server.connect('ann'),
      `subscription ($after: [ConversationPositionInput!]) { conversations(after: $after) {
        kind: __typename
        ... on ConversationEvent { change rev }
        ... on Resumed { more conversations { conversationId continuity lastSeq lastRev unread left } }
      } }`,
      { after },
    );
    await expect.poll(() => feed.results.length).toBe(1);
    server.hub.chat.rename(c);
    await server.hub.route();
    await expect.poll(() => feed.results.length).toBe(2);
    const rest = { lastSeq: 1, lastRev: 3, unread: 0, left: false };
    expect(feed.events()).toEqual([
      {
        kind: 'Resumed',
        more: false,
        conversations: [
          { conversationId: one, continuity: 'KEPT', ...rest },
          { conversationId: two, continuity: 'LOST', lastSeq: 0, lastRev: 1, unread: 0, left: true },
        ],
      },
      { kind: 'ConversationEvent', change: 'UPDATED', rev: 4 },
    ]);
  });

  test('ends when its client says so, and leaves nothing behind', async () => {
    server.hub.chat.create(one, [ann, bob]);
    server.hub.loseStream();
    const client = server.connect('ann', { lazyCloseTimeout: 60_000 });
    const feeds = [subscribe(client, messages), subscribe(client, 'subscription { typing { on } }')];
    await until(3);
    feeds[0]?.stop();
    await until(2);
    feeds[1]?.stop();
    await until(1);
    await client.dispose();
    await until(0);
  });
});
