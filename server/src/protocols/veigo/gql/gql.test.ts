import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aliceToken,
  conversation,
  type NativeServer,
  startNativeServer,
} from '../../../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer();
});
afterAll(() => server.close());

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

async function ask(query: string, authorization: string | null = `SuperDuperUser ${aliceToken}`, headers = {}) {
  const response = await fetch(`${server.url}/gql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== null && { authorization }), ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

const listRooms = '{ ListRooms(id: "x") { records { id type privacy } metadata { cursor hasMore } } }';
const messageOf = ({ body }: { readonly body: Answer }) => body.errors?.[0]?.message;

test.each([
  ['SuperDuperUser', `SuperDuperUser ${aliceToken}`],
  ['Bearer', `Bearer ${aliceToken}`],
])('%s is a word before the token', async (_, authorization) => {
  const { status, body } = await ask(listRooms, authorization);
  expect([status, body]).toEqual([
    200,
    {
      data: {
        ListRooms: {
          records: [{ id: conversation, type: 'direct', privacy: 'private' }],
          metadata: { cursor: 'more', hasMore: true },
        },
      },
    },
  ]);
});

test('a guarded field without a good token is refused in the words of the reference, with status 200', async () => {
  const invalid = '2 UNKNOWN: {"name":"Error","message":"Invalid token"}';
  for (const [authorization, message] of [
    [null, 'No authorization token provided'],
    ['SuperDuperUser', 'Invalid authorization format'],
    [`Basic ${aliceToken}`, 'Invalid authorization format'],
    ['SuperDuperUser a b', 'Invalid authorization format'],
    [`superduperuser ${aliceToken}`, 'Invalid authorization format'],
    ['SuperDuperUser forged', invalid],
    ['SuperDuperUser expired', invalid],
    ['SuperDuperUser revoked', invalid],
  ] as const) {
    const answer = await ask(listRooms, authorization);
    expect([answer.status, messageOf(answer)]).toEqual([200, message]);
  }
});

test('what needs nobody is answered whatever the header says', async () => {
  const signIn = 'mutation { SignIn(email: "a@x.org", password: "correct horse", clientId: "c") { token { access } } }';
  expect((await ask(signIn, 'garbage')).body.data).toEqual({ SignIn: { token: { access: aliceToken } } });
  const wrong = await ask(signIn.replace('correct', 'wrong'), null);
  expect(messageOf(wrong)).toBe('2 UNKNOWN: {"name":"Error","message":"Invalid email or password"}');
  expect(wrong.body.errors?.[0]?.extensions?.code).toBe('credentials.wrong');
});

test.each([
  ['{}', 400],
  ['{', 400],
  ['[]', 400],
  ['"x"', 400],
  ['{"query":1}', 400],
])('a body that is no operation (%s) is refused in words, and the log hears nothing', async (body, status) => {
  const answer = await fetch(`${server.url}/gql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const said = (await answer.json()) as Answer;
  expect([answer.status, said.errors?.[0]?.message]).toEqual([status, expect.stringMatching(/\w/)]);
  expect(said.errors?.[0]?.message).not.toContain('Internal');
});

test('what is wrong with a request is said', async () => {
  const weak = await ask(
    'mutation { SignUp(email: "a@x.org", password: "weak", clientId: "c") { account { id } } }',
    null,
  );
  expect(messageOf(weak)).toMatch(/^2 UNKNOWN: .*Validation Error.*password must have 8 or more/);
  expect(messageOf(await ask('{ ReadProfile(id: "1; drop table") { id } }'))).toMatch(/id must be a UUID/);
});

test('a cookie is believed from our own pages alone', async () => {
  const cookie = { cookie: 'parley_session=cookie-of-alice', origin: 'https://elsewhere.example' };
  expect(messageOf(await ask(listRooms, null, cookie))).toContain('Unauthorized action');
  expect((await ask(listRooms, null, { ...cookie, origin: server.url })).body.errors).toBeUndefined();
});

test('every page may ask: CORS', async () => {
  const preflight = await fetch(`${server.url}/gql`, {
    method: 'OPTIONS',
    headers: { origin: 'https://elsewhere.example', 'access-control-request-headers': 'authorization' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  const { headers } = await ask(listRooms);
  expect([headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
    '*',
    null,
  ]);
});

test('GET reads and does not write', async () => {
  const get = (query: string) => server.fetch(`/gql?query=${encodeURIComponent(query)}`);
  expect((await get('{ __typename }')).status).toBe(200);
  expect((await get('mutation { SignOut { success } }')).status).toBe(405);
  const put = await server.fetch('/gql', { method: 'PUT' });
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
});

describe('hostile documents are refused before anything is carried out', () => {
  const aliases = (n: number) => Array.from({ length: n }, (_, i) => `a${i}: ReadProfile(id: "x") { id }`).join(' ');
  const chain = (n: number) =>
    Array.from({ length: n }, (_, i) => `fragment F${i} on Room { ...F${i + 1} ...F${i + 1} }`).join(' ');
  test.each([
    ['aliased', `{ ${aliases(26)} }`, /25 operations/],
    ['long', `{ ReadProfile(id: "x") { ${'id '.repeat(3_000)} } }`, /2000 tokens/],
    ['huge', `{ ReadProfile(id: "${'x'.repeat(100_000)}") { id } }`, /65536 characters/],
    ['deep and open', `${'{ ListRooms '.repeat(900)}`, /Syntax Error/],
    ['deep', `{ ListRooms { records ${'{ id '.repeat(400)}${'}'.repeat(400)} } }`, /must not have a selection/],
    [
      'deep in the schema about the schema',
      `{ __schema { types { ${'fields { type { '.repeat(100)}name${' } }'.repeat(100)} } } }`,
      /introspection depth/,
    ],
    ['of a value without end', `{ ReadProfile(id: ${'['.repeat(1_900)}) { id } }`, /Syntax Error|nested/],
    [
      'of cyclic fragments',
      '{ ListRooms { records { ...A } } } fragment A on Room { ...B } fragment B on Room { ...A }',
      /itself/,
    ],
    [
      'of many fragments',
      `{ ListRooms { records { ...F0 } } } ${chain(30)} fragment F30 on Room { id }`,
      /25 fragments/,
    ],
  ])('%s', async (_, query, message) => {
    const answer = await ask(query);
    expect(messageOf(answer)).toMatch(message);
    expect(answer.body.data).toBeUndefined();
  });
});

describe('GraphQL over HTTP', () => {
  test('has 61 audits', () => {
    expect(serverAudits({ url: 'http://unused' })).toHaveLength(61);
  });

  test.each(serverAudits({ url: 'http://unused' }).map(({ id, name }) => [id, name]))('%s %s', async (id) => {
    const audit = serverAudits({ url: `${server.url}/gql` }).find((one) => one.id === id);
    expect(await audit?.fn()).toMatchObject({ status: 'ok' });
  });
});
