import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createClient } from 'graphql-sse';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ann,
  bob,
  one,
  type ProtocolHub,
  type Result,
  startProtocolHub,
  subscribe as subscribeWith,
} from '../../../../../test-support/protocol-hub.ts';

let server: ProtocolHub;
const leave: (() => void)[] = [];
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(async () => {
  for (const end of leave.splice(0)) end();
  await server.close();
});

const messages = `subscription ($after: [ConversationPositionInput!]) {
  messages(after: $after) { kind: __typename ... on MessageAdded { message { seq } } }
}`;

const at = (seq: number) => [{ conversation: one, epoch: `e-${one}`, seq, rev: seq + 1 }];

const connections = () => server.hub.realtime.hub.connectionCount;

/** By the client that graphql-sse itself gives. */
function subscribe(query: string, variables: Record<string, unknown> = {}, token = 'ann') {
  const client = createClient({
    url: `${server.url}/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const feed = subscribeWith(client, query, variables);
  leave.push(feed.stop);
  return feed;
}

const seqs = (results: readonly Result[]) =>
  results.map(({ data }) => {
    const { kind, message } = Object.values(data ?? {})[0] as { kind: string; message?: { seq: number } };
    return message?.seq ?? kind;
  });

test('tells the backlog, then live', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  for (let i = 0; i < 3; i++) server.hub.chat.send(c, bob);
  server.hub.loseStream();
  const feed = subscribe(messages, { after: at(1) });
  await expect.poll(() => seqs(feed.results)).toEqual([2, 3, 'Resumed']);
  for (let i = 0; i < 3; i++) server.hub.chat.send(c, bob);
  await server.hub.route();
  await expect.poll(() => seqs(feed.results)).toEqual([2, 3, 'Resumed', 4, 5, 6]);
});

test('a planned end is no end to the client: it comes back with its position, and nothing is missing or twice', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const first = subscribe(messages, { after: at(0) });
  await expect.poll(() => seqs(first.results)).toEqual(['Resumed']);
  server.hub.chat.send(c, bob);
  await server.hub.route();
  await expect.poll(() => seqs(first.results)).toEqual(['Resumed', 1]);
  await server.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as never] }]);
  await expect.poll(() => first.ended).not.toBeNull();
  expect(first.ended).not.toBe('completed');
  server.hub.chat.send(c, bob);
  server.hub.loseStream();
  const second = subscribe(messages, { after: at(1) });
  await expect.poll(() => seqs(second.results)).toEqual([2, 'Resumed']);
});

test('is kept open by comments, which the peer takes or is gone', async () => {
  server.hub.chat.create(one, [ann, bob]);
  const feed = subscribe('subscription { typing { on } }');
  await expect.poll(connections).toBe(1);
  for (let i = 0; i < 100; i++) {
    server.hub.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await server.hub.deliver([{ kind: 'typing', conversation: one, user: bob, on: true }]);
  await expect.poll(() => feed.results).toEqual([{ data: { typing: { on: true } } }]);
});

test('by GET, with the token in the URL, as a browser opens it; whoever leaves is forgotten', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.chat.send(c, bob);
  server.hub.loseStream();
  const query = new URLSearchParams({ query: messages, variables: JSON.stringify({ after: at(0) }), token: 'ann' });
  const asked = get(`${server.url}/stream?${query}`, { agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  let text = '';
  response.on('data', (piece) => {
    text += piece;
  });
  await expect.poll(() => text).toContain('Resumed');
  expect(text).toBe(
    'event: next\ndata: {"data":{"messages":{"kind":"MessageAdded","message":{"seq":1}}}}\n\n' +
      'event: next\ndata: {"data":{"messages":{"kind":"Resumed"}}}\n\n',
  );
  expect(connections()).toBe(1);
  response.on('error', () => {});
  asked.destroy();
  await expect.poll(connections).toBe(0);
});

test('who is sent away and takes no bytes is not waited for', async () => {
  const own = await startProtocolHub({ hub: { connectionBytes: 64 * 1024 * 1024 } });
  const c = own.hub.chat.create(one, [ann, bob]);
  own.hub.loseStream();
  const large = 'subscription { messages { ... on MessageAdded { message { content { text } } } } }';
  const asked = get(`${own.url}/stream?${new URLSearchParams({ query: large, token: 'ann' })}`, { agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  response.pause();
  // More than the kernel keeps for a reader that does not read.
  for (let i = 0; i < 100; i++) {
    for (let n = 0; n < 20; n++) own.hub.chat.send(c, bob, 'x'.repeat(16_000));
    await own.hub.route();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const open = () => new Promise<number>((resolve) => own.http.getConnections((_error, count) => resolve(count)));
  expect([await open(), own.hub.realtime.hub.connectionCount]).toEqual([1, 1]);
  await own.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as never] }]);
  await expect.poll(open).toBe(0);
  asked.destroy();
  await own.close();
});

test('a query is answered once; what is wrong with an operation is a result too', async () => {
  const [good, bad, refused] = [
    '{ __typename }',
    '{ nothing }',
    'subscription { presence(users: ["x"]) { userId } }',
  ].map((query) => subscribe(query));
  await expect.poll(() => [good?.ended, bad?.ended, refused?.ended]).toEqual(['completed', 'completed', 'completed']);
  expect(good?.results).toEqual([{ data: { __typename: 'Query' } }]);
  for (const feed of [bad, refused]) {
    expect(feed?.results).toMatchObject([{ errors: [{ extensions: { code: 'request.invalid' } }] }]);
  }
});

test.each([
  ['no credential', {}, '{"query":"{ __typename }"}', 401, 'token.missing'],
  ['a forged one', { authorization: 'Bearer x' }, '{"query":"{ __typename }"}', 401, 'token.invalid'],
  [
    'a cookie from elsewhere',
    { cookie: 'parley_session=ann', origin: 'https://evil.example' },
    '{}',
    403,
    'action.forbidden',
  ],
  ['no query', { authorization: 'Bearer ann' }, '{"variables":{}}', 400, 'request.invalid'],
  [
    'variables that are none',
    { authorization: 'Bearer ann' },
    '{"query":"{ __typename }","variables":3}',
    400,
    'request.invalid',
  ],
])('%s is refused with a problem document', async (_, headers, body, status, code) => {
  const response = await fetch(`${server.url}/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    body,
  });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
});

test('a link of another page changes nothing', async () => {
  const query = new URLSearchParams({ query: 'mutation { signOut }', token: 'ann' });
  expect((await fetch(`${server.url}/stream?${query}`)).status).toBe(400);
});

test('a stream counts as a frame of a socket does', async () => {
  const strict = await startProtocolHub({ rates: { frames: { perSecond: 0.001, burst: 1 } } });
  leave.push(() => void strict.close());
  const ask = () =>
    fetch(`${strict.url}/stream?query=${encodeURIComponent('{ __typename }')}`, {
      headers: { authorization: 'Bearer ann', accept: 'text/event-stream' },
    });
  expect((await ask()).status).toBe(200);
  const refused = await ask();
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
});
