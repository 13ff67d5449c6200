import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aliceToken, type NativeServer, startNativeServer } from '../../../test-support/native-server.ts';
import { type ProtocolHub, type Result, startProtocolHub, subscribe } from '../../../test-support/protocol-hub.ts';
import { queryLimits } from './query-cost.ts';

/** What documents.test.ts shows of documents holds whichever way they come. */
let server: NativeServer;
let live: ProtocolHub;
beforeAll(async () => {
  server = await startNativeServer();
  live = await startProtocolHub();
});
afterAll(async () => {
  await server.close();
  await live.close();
});

type Codes = readonly (string | undefined)[];
const codesOf = (errors: Result['errors']): Codes => (errors ?? []).map(({ extensions }) => extensions?.code);

async function overHttp(query: string): Promise<Codes> {
  const response = await server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as Result;
  expect(data ?? null).toBeNull();
  return codesOf(errors);
}

async function overSocket(query: string): Promise<Codes> {
  const client = live.connect('ann');
  const feed = subscribe(client, query);
  await expect.poll(() => feed.ended).not.toBeNull();
  await client.dispose();
  expect(feed.results).toEqual([]);
  return codesOf(feed.ended as Result['errors']);
}

async function overStream(query: string): Promise<Codes> {
  const headers = { authorization: 'Bearer ann' };
  const feed = subscribe(createClient({ url: `${live.url}/stream`, headers, retryAttempts: 0 }), query);
  await expect.poll(() => feed.ended).toBe('completed');
  expect(feed.results).toHaveLength(1);
  expect(feed.results[0]?.data ?? null).toBeNull();
  return codesOf(feed.results[0]?.errors);
}

const times = (n: number, text: (i: number) => string) => Array.from({ length: n }, (_, i) => text(i)).join(' ');
const doubling = times(30, (i) => `fragment f${i} on Message { ${i < 29 ? `...f${i + 1} ...f${i + 1}` : 'seq'} }`);
const added = (inside: string) => `messages { ... on MessageAdded { message { ${inside} } } }`;

describe.each([
  ['POST', overHttp],
  ['graphql-ws', overSocket],
  ['server-sent events', overStream],
])('a hostile document over %s is refused, and the next is answered', (_transport, codes) => {
  test.each([
    ['deep', `{ ${'a { '.repeat(2_000)}b${' }'.repeat(2_000)} }`, 'request.too_large'],
    ['wide', `{ me { ${times(1_100, () => 'id')} } }`, 'request.too_large'],
    ['aliased', `{ ${times(21, (i) => `a${i}: me { id }`)} }`, 'request.too_large'],
    [
      'cyclic',
      '{ me { ...a } } fragment a on OwnAccount { id ...b } fragment b on OwnAccount { ...a }',
      'request.invalid',
    ],
    ['doubling', `subscription { ${added('...f0')} } ${doubling}`, 'request.too_large'],
    ['a cyclic subscription', `subscription { ${added('...a')} } fragment a on Message { ...a }`, 'request.invalid'],
    ['huge', `{ me { id } } #${'x'.repeat(queryLimits.characters)}`, 'request.too_large'],
    ['of many tokens', `{ me { ${'id '.repeat(queryLimits.tokens)} } }`, 'request.too_large'],
  ])('%s', async (_what, query, code) => {
    expect(new Set(await codes(query))).toEqual(new Set([code]));
    expect(await codes('{ nothing }')).toEqual(['request.invalid']);
  });
});

test('more bytes than a request may have are not read', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${aliceToken}` },
    body: JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(3 * 1024 * 1024) } }),
  });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'request.too_large' } }] });
});
