import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  askGraphql,
  createGroup,
  createPerson,
  type GraphqlFeed,
  openGraphqlSocket,
  openGraphqlStream,
  sendText,
  subscribeGraphql,
  textOf,
  until,
} from '../harness/index.ts';
import { inEveryTopology } from '../harness/shared-system.ts';

interface Told {
  readonly kind: string;
  readonly message?: { readonly seq: number; readonly rev: number; readonly content: { readonly text: string } };
  readonly seq?: number;
  readonly conversations?: readonly Row[];
}

interface Row {
  readonly conversationId: string;
  readonly continuity: string;
  readonly position: { readonly epoch: string; readonly seq: number; readonly rev: number };
}

const messages = `subscription ($in: [ID!], $after: [ConversationPositionInput!]) {
  messages(conversations: $in, after: $after) {
    kind: __typename
    ... on MessageAdded { message { seq rev content { text } sender { username } } }
    ... on MessageEdited { message { seq rev content { text } } }
    ... on MessageDeleted { seq rev }
    ... on ReactionChanged { seq rev emoji userId on }
    ... on PinChanged { seq rev userId on }
    ... on Resumed { conversations { conversationId continuity position { epoch seq rev } } }
  }
}`;

const head = 'query ($id: ID!) { conversation(id: $id) { epoch lastSeq lastRev } }';

inEveryTopology('GraphQL subscriptions', (server) => {
  async function pair() {
    const [ann, bob] = [await createPerson(server(), 'ann'), await createPerson(server(), 'bob')];
    const group = await createGroup(ann, [bob]);
    const client = openGraphqlSocket(server(), ann.access);
    const { conversation } = await askGraphql<{ conversation: { epoch: string; lastSeq: number; lastRev: number } }>(
      client,
      head,
      { id: group.id },
    );
    const from = {
      conversation: group.id,
      epoch: conversation.epoch,
      seq: conversation.lastSeq,
      rev: conversation.lastRev,
    };
    return { ann, bob, group, client, from };
  }

  const has = (feed: GraphqlFeed<Told>, kind: string) =>
    until(kind, () => feed.events.some((event) => event.kind === kind));
  const texts = (feed: GraphqlFeed<Told>) =>
    feed.events.flatMap(({ kind, message }) => (kind === 'MessageAdded' && message ? message.content.text : []));

  test('a native sender is heard in every word, and a GraphQL sender natively', async () => {
    const { ann, bob, group, client, from } = await pair();
    const feed = subscribeGraphql<Told>(client, messages, { in: [group.id], after: [from] });
    await has(feed, 'Resumed');
    const { seq } = await sendText(bob, group.id, 'hello');
    const at = `/conversations/${group.id}/messages/${seq}`;
    await bob.must('PATCH', at, { content: { type: 'text', text: 'hello you' } });
    await bob.must('PUT', `${at}/reactions/${encodeURIComponent('👍')}`);
    await ann.must('PUT', `${at}/pin`);
    await bob.must('DELETE', at);
    await has(feed, 'MessageDeleted');
    expect(feed.events.slice(1)).toMatchObject([
      { kind: 'MessageAdded', message: { seq, content: { text: 'hello' }, sender: { username: bob.username } } },
      { kind: 'MessageEdited', message: { seq, content: { text: 'hello you' } } },
      { kind: 'ReactionChanged', seq, emoji: '👍', userId: bob.id, on: true },
      { kind: 'PinChanged', seq, userId: ann.id, on: true },
      { kind: 'MessageDeleted', seq },
    ]);
    const socket = await bob.socket();
    await askGraphql(client, 'mutation ($i: SendMessageInput!) { sendMessage(input: $i) { message { seq } } }', {
      i: { conversation: group.id, id: randomUUID(), content: { text: 'from GraphQL' } },
    });
    await socket.take('message', (frame) => textOf(frame) === 'from GraphQL');
    await until('GraphQL hears itself', () => texts(feed).includes('from GraphQL'));
    socket.close();
    await client.dispose();
  });

  test('who comes and goes while others write misses nothing and hears nothing twice', async () => {
    const { ann, bob, group, from, client: first } = await pair();
    await first.dispose();
    let writing = true;
    const sent: string[] = [];
    const writer = (async () => {
      while (writing) {
        const text = `text ${sent.length}`;
        await sendText(bob, group.id, text);
        sent.push(text);
      }
    })();
    const heard: string[] = [];
    const position = { ...from };
    for (let round = 0; round < 6; round++) {
      const client = openGraphqlSocket(server(), ann.access);
      const feed = subscribeGraphql<Told>(client, messages, { in: [group.id], after: [position] });
      await has(feed, 'Resumed');
      // The last one hears it to the end.
      if (round === 5) {
        writing = false;
        await writer;
        await until('the last text', () => texts(feed).includes(sent.at(-1) as string));
      } else {
        const enough = feed.events.length + 3;
        await until('three more events', () => feed.events.length >= enough);
      }
      client.terminate();
      for (const { kind, message, conversations } of feed.events) {
        const row = conversations?.find(({ conversationId }) => conversationId === group.id);
        if (kind === 'Resumed') expect(row?.continuity).toBe('KEPT');
        if (kind === 'MessageAdded') heard.push(message?.content.text as string);
        position.seq = Math.max(position.seq, message?.seq ?? 0, row?.position.seq ?? 0);
        position.rev = Math.max(position.rev, message?.rev ?? 0, row?.position.rev ?? 0);
      }
      await client.dispose();
    }
    expect(heard).toEqual(sent);
  });

  test('server-sent events tell the same', async () => {
    const { ann, bob, group, client, from } = await pair();
    await client.dispose();
    await sendText(bob, group.id, 'before');
    const stream = openGraphqlStream(server(), ann.access);
    const feed = subscribeGraphql<Told>(stream, messages, { in: [group.id], after: [from] });
    await has(feed, 'Resumed');
    await sendText(bob, group.id, 'after');
    await until('the live text', () => texts(feed).includes('after'));
    expect(feed.events.map(({ kind }) => kind)).toEqual(['MessageAdded', 'Resumed', 'MessageAdded']);
    feed.stop();
    stream.dispose();
  });

  test('receipts, typing, presence, and conversations that begin', async () => {
    const { ann, bob, group, client } = await pair();
    const receipts = subscribeGraphql<{ userId: string; read: number }>(
      client,
      'subscription { receipts { userId read } }',
    );
    const typing = subscribeGraphql<object>(client, 'subscription { typing { conversationId userId on } }');
    const presence = subscribeGraphql<{ presence: { state: string } }>(
      client,
      'subscription ($users: [ID!]!) { presence(users: $users) { userId presence { state } } }',
      { users: [bob.id] },
    );
    const conversations = subscribeGraphql<{ change: string; conversation: { id: string } }>(
      client,
      'subscription { conversations { ... on ConversationEvent { change conversation { id } } } }',
    );
    await until('presence', () => presence.events.length > 0);
    const socket = await bob.socket();
    await until('online', () => presence.events.at(-1)?.presence.state === 'ONLINE');
    const { seq } = await sendText(ann, group.id, 'read me');
    await bob.must('PUT', `/conversations/${group.id}/receipts`, { read: seq });
    await until('the receipt', () => receipts.events.some(({ userId, read }) => userId === bob.id && read === seq));
    socket.send({ op: 'typing', conversation: group.id, on: true });
    await until('typing', () => typing.events.length > 0);
    expect(typing.events[0]).toEqual({ conversationId: group.id, userId: bob.id, on: true });
    const other = await createGroup(bob, [ann]);
    await until('the new group', () => conversations.events.some(({ conversation }) => conversation.id === other.id));
    socket.close();
    await client.dispose();
  });

  test('notifications are what others say and is not muted, those missed first', async () => {
    const { ann, bob, group, client, from } = await pair();
    const quiet = await createGroup(bob, [ann]);
    await ann.must('PUT', `/conversations/${quiet.id}/preferences`, { notify: 'mentions' });
    await sendText(bob, group.id, 'missed');
    const feed = subscribeGraphql<Told & { readonly reason: string }>(
      client,
      `subscription ($after: [ConversationPositionInput!]) {
        notifications(after: $after) {
          kind: __typename
          ... on Notification { reason message { seq rev content { text } } }
          ... on Resumed { conversations { conversationId continuity position { epoch seq rev } } }
        }
      }`,
      { after: [from] },
    );
    await until('Resumed', () => feed.events.some(({ kind }) => kind === 'Resumed'));
    await sendText(ann, group.id, 'my own');
    await sendText(bob, quiet.id, 'nothing much');
    await bob.must('POST', `/conversations/${quiet.id}/messages`, {
      ...{ id: randomUUID(), content: { type: 'text', text: 'you there' }, mentions: [ann.id] },
    });
    const direct = await bob.must<{ id: string }>('POST', '/conversations', { kind: 'direct', members: [ann.id] });
    await sendText(bob, direct.id, 'between us');
    const told = () =>
      feed.events.flatMap(({ kind, reason, message }) =>
        kind === 'Notification' && message ? `${reason} ${message.content.text}` : [],
      );
    await until('three notifications', () => told().length === 3);
    expect(told()[0]).toBe('MESSAGE missed');
    expect(told().slice(1).sort()).toEqual(['DIRECT between us', 'MENTION you there']);
    // The change goes the way of the message that is sent after it, so it is there first.
    await ann.must('PUT', `/conversations/${quiet.id}/preferences`, { notify: 'all' });
    await sendText(bob, quiet.id, 'now all of it');
    await until('the message that is wanted now', () => told().includes('MESSAGE now all of it'));
    await client.dispose();
  });

  test('signing out ends every subscription at once, for good', async () => {
    const { ann, client } = await pair();
    const feed = subscribeGraphql<Told>(client, messages, { after: [] });
    await has(feed, 'Resumed');
    await ann.must('DELETE', '/sessions/current');
    await until('the end', () => feed.ended !== null);
    expect(feed.ended).toMatchObject({ code: 4401 });
    const again = subscribeGraphql<Told>(openGraphqlSocket(server(), ann.access), messages);
    await until('the refusal', () => again.ended !== null);
    expect(again.ended).toMatchObject({ code: 4401 });
  });
});
