import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import {
  createPerson,
  mustGraphql,
  type Person,
  requestGraphql,
  type System,
  shareSystem,
  uniqueName,
  until,
} from '../harness/index.ts';

/** GraphQL and native clients in one conversation, over a real server. */
let server: System;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await shareSystem();
  [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
});

const ask = (token: string | null, query: string, variables?: object) =>
  requestGraphql(server, token, query, variables);
const must = (token: string | null, query: string, variables?: object) => mustGraphql(server, token, query, variables);

const begin = `mutation ($i: CreateConversationInput!) { createConversation(input: $i) { created conversation { id role kind } } }`;
const send = `mutation ($i: SendMessageInput!) { sendMessage(input: $i) { repeated message { seq } } }`;

async function createGroup(input: object = {}): Promise<string> {
  const i = { kind: 'GROUP', name: 'Tea', members: [`@${bob.username}`], ...input };
  const { createConversation } = await must(ann.access, begin, { i });
  expect(createConversation).toMatchObject({ created: true, conversation: { role: 'OWNER' } });
  return createConversation.conversation.id;
}

test('who signs up by GraphQL is somebody everywhere, and who signs out nobody', async () => {
  const username = uniqueName('eve');
  const { signUp } = await must(
    null,
    `mutation ($u: String!) { signUp(input: { username: $u, password: "correct horse", name: "Eve" }) {
      account { id username name } tokens { access refresh } session } }`,
    { u: username },
  );
  const { access, refresh } = signUp.tokens;
  await until('the profile is there', async () => (await ask(access, '{ me { name } }')).data.me?.name === 'Eve');
  expect(await must(ann.access, `{ user(id: "@${username}") { id name presence { state } } }`)).toEqual({
    user: { id: signUp.account.id, name: 'Eve', presence: { state: 'OFFLINE' } },
  });
  expect(
    (await must(null, `mutation ($r: String!) { refresh(refresh: $r) { access } }`, { r: refresh })).refresh.access,
  ).toBeTruthy();
  expect(await must(access, 'mutation { signOut }')).toEqual({ signOut: true });
  expect((await ask(access, '{ me { id } }')).errors?.[0]?.extensions.code).toBe('session.revoked');
});

test('what one sends the other reads, by GraphQL and by REST, from the moment that it is answered', async () => {
  const id = await createGroup();
  const text = (n: number) => ({ conversation: id, id: `m${n}`, content: { text: `message ${n}` } });
  for (let n = 1; n <= 5; n++) {
    const { sendMessage } = await must(ann.access, send, { i: text(n) });
    expect(sendMessage.repeated).toBe(false);
  }
  expect((await must(ann.access, send, { i: text(5) })).sendMessage.repeated).toBe(true);
  const conflict = await ask(ann.access, send, { i: { ...text(5), content: { text: 'another' } } });
  expect(conflict.errors?.[0]?.extensions.code).toBe('message.conflict');

  const native = await bob.must<{ items: { content: { text: string } }[] }>('GET', `/conversations/${id}/messages`);
  const texts = native.items.map(({ content }) => content.text).filter(Boolean);
  expect(texts.filter((said) => said.startsWith('message'))).toHaveLength(5);
  const page = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    messages(conversation: $id, first: $first, after: $after, last: $last, before: $before) {
      nodes { seq content { text } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const all = (await must(bob.access, page, { id, last: 200 })).messages.nodes.map(({ seq }: { seq: number }) => seq);
  for (const [size, place, way] of [
    ['first', 'after', 'endCursor'],
    ['last', 'before', 'startCursor'],
  ] as const) {
    const found: number[][] = [];
    let cursor = size === 'first' ? '0' : null;
    for (let more = true; more; ) {
      const { messages } = await must(bob.access, page, { id, [size]: 2, ...(cursor && { [place]: cursor }) });
      found.push(messages.nodes.map(({ seq }: { seq: number }) => seq));
      cursor = messages.pageInfo[way];
      more = size === 'first' ? messages.pageInfo.hasNextPage : messages.pageInfo.hasPreviousPage;
      expect(found.length).toBeLessThan(10);
    }
    expect((size === 'first' ? found : found.reverse()).flat()).toEqual(all);
  }
});

test('a history is opened around a message, and by thread; what is ephemeral is in none', async () => {
  const id = await createGroup();
  const say = async (n: number, more: object = {}) => {
    const i = { conversation: id, id: `m${n}`, content: { text: `message ${n}` }, ...more };
    return (await must(ann.access, send, { i })).sendMessage.message.seq as number | null;
  };
  const seqs: (number | null)[] = [];
  for (let n = 0; n < 5; n++) seqs.push(await say(n));
  const [first, , middle] = seqs;
  const answers = [await say(5, { thread: first, replyTo: first }), await say(6, { thread: first })];
  expect(await say(7, { ephemeral: true })).toBeNull();
  const page = `query ($id: ID!, $around: Int, $thread: Int) { messages(conversation: $id, around: $around, thread: $thread, first: 3) {
    nodes { seq thread replyTo } pageInfo { hasNextPage hasPreviousPage } } }`;
  const read = async (place: object) => (await must(bob.access, page, { id, ...place })).messages;
  const around = await read({ around: middle });
  expect(around.nodes.map(({ seq }: { seq: number }) => seq)).toEqual(seqs.slice(1, 4));
  expect(around.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: true });
  expect((await read({ thread: first })).nodes).toEqual([
    { seq: answers[0], thread: first, replyTo: first },
    { seq: answers[1], thread: first, replyTo: null },
  ]);
  const newest = (await read({})).nodes.map(({ seq }: { seq: number }) => seq);
  expect(newest).toEqual([seqs[4], ...answers]);
});

test('a message is changed, marked, found and deleted', async () => {
  const id = await createGroup();
  const word = `w${randomUUID().slice(0, 8)}`;
  const { seq } = (await must(ann.access, send, { i: { conversation: id, id: 'a', content: { text: 'x' } } }))
    .sendMessage.message;
  const on = { c: id, s: seq };
  const change = (what: string, token = ann.access) => must(token, `mutation ($c: ID!, $s: Int!) { ${what} }`, on);
  await change(`editMessage(conversation: $c, seq: $s, content: { text: "about ${word}" }) { editedAt }`);
  const { setReaction } = await change(
    'setReaction(conversation: $c, seq: $s, emoji: "👍") { reactions { emoji count users { id } } }',
    bob.access,
  );
  expect(setReaction.reactions).toEqual([{ emoji: '👍', count: 1, users: [{ id: bob.id }] }]);
  expect((await change('setPinned(conversation: $c, seq: $s) { pinned }')).setPinned).toEqual({ pinned: true });
  await change('putReceipt(conversation: $c, delivered: $s, read: $s)', bob.access);
  await until('the search has it', async () => {
    const { search } = await must(
      bob.access,
      `{ search(query: "${word}") { nodes { excerpt message { seq conversation { id } sender { username } } } } }`,
    );
    const [found] = search.nodes;
    return found?.message.sender.username === ann.username && found.message.conversation.id === id;
  });
  await change('deleteMessage(conversation: $c, seq: $s)');
  const { conversation } = await must(
    bob.access,
    `{ conversation(id: "${id}") { read receipts { user { id } read } members { nodes { role user { id } } } messages { nodes { deletedAt content { text } } } } }`,
  );
  expect(conversation.read).toBe(seq);
  expect(conversation.receipts).toContainEqual({ user: { id: bob.id }, read: seq });
  expect(conversation.members.nodes).toHaveLength(2);
  expect(conversation.messages.nodes.at(-1)).toEqual({ deletedAt: expect.any(String), content: null });
});

test('lists go on from any cursor, and a public conversation can be joined', async () => {
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push(await createGroup({ members: [], visibility: 'PUBLIC' }));
  expect(
    (await ask(bob.access, `mutation { joinConversation(conversation: "${ids[0]}") { role user { id } } }`)).data,
  ).toEqual({
    joinConversation: { role: 'MEMBER', user: { id: bob.id } },
  });
  const list = async (first: number, after: string | null) =>
    (
      await must(
        ann.access,
        'query ($f: Int!, $a: String) { conversations(first: $f, after: $a) { edges { cursor node { id } } pageInfo { hasNextPage } } }',
        { f: first, a: after },
      )
    ).conversations;
  const whole = await list(100, null);
  const order = whole.edges.map(({ node }: { node: { id: string } }) => node.id);
  for (const { cursor } of whole.edges.slice(0, -1)) {
    const { edges } = await list(2, cursor);
    const at = whole.edges.findIndex((edge: { cursor: string }) => edge.cursor === cursor);
    expect(edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(order.slice(at + 1, at + 3));
  }
});

test('a public conversation is read by every account, and written by its members', async () => {
  const id = await createGroup({ members: [], visibility: 'PUBLIC' });
  const said = { conversation: id, id: 'm', content: { text: 'to all' } };
  const { seq } = (await must(ann.access, send, { i: said })).sendMessage.message;
  const read = `query ($id: ID!, $seq: Int!) {
    conversation(id: $id) { role name epoch members { nodes { user { id } } } messages(last: 1) { nodes { content { text } } } }
    messages(conversation: $id, last: 1) { nodes { seq } }
    message(conversation: $id, seq: $seq) { content { text } }
  }`;
  const { conversation, messages, message } = await must(bob.access, read, { id, seq });
  expect(conversation).toMatchObject({
    role: null,
    members: { nodes: [{ user: { id: ann.id } }] },
    messages: { nodes: [{ content: { text: 'to all' } }] },
  });
  expect([messages.nodes, message]).toEqual([[{ seq }], { content: { text: 'to all' } }]);
  const changes = `query ($id: ID!, $p: PositionInput!) { changes(conversation: $id, position: $p) { continuity messages { seq } } }`;
  const since = await must(bob.access, changes, { id, p: { epoch: conversation.epoch, seq: seq - 1, rev: 0 } });
  expect(since.changes).toMatchObject({ continuity: 'KEPT', messages: expect.arrayContaining([{ seq }]) });
  const write = await ask(bob.access, send, { i: { ...said, id: 'n' } });
  expect(write.errors?.[0]?.extensions.code).toBe('conversation.forbidden');
  const close = 'mutation ($id: ID!) { updateConversation(id: $id, input: { visibility: PRIVATE }) { visibility } }';
  expect((await must(ann.access, close, { id })).updateConversation).toEqual({ visibility: 'PRIVATE' });
  const refused = await ask(bob.access, read, { id, seq });
  expect(refused.errors?.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill('conversation.unknown'));
});

test('a browser gets a page that loads nothing from elsewhere', async () => {
  const headers = { accept: 'text/html', 'accept-encoding': 'identity' };
  const answer = await fetch(`${server.url}/graphql`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("connect-src 'self'");
  const page = Buffer.from(await answer.arrayBuffer());
  const text = (page[0] === 0x1f ? gunzipSync(page) : page).toString();
  expect(text).toContain('Parley GraphQL');
  expect(text).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/);
});
