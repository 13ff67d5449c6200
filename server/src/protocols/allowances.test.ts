import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversation, type NativeServer, startNativeServer } from '../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  const two = { perSecond: 0.001, burst: 2 };
  server = await startNativeServer({ sends: two, signIns: two });
});
afterAll(() => server.close());

interface Answer {
  readonly status: number;
  readonly body: { readonly errors?: readonly { readonly message: string }[] };
}

async function post(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await server.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const send = (id: string) => ({
  native: () =>
    post(`/api/v1/conversations/${conversation}/messages`, { id: `n${id}`, content: { type: 'text', text: 'hi' } }),
  graphql: () =>
    post('/graphql', {
      query: 'mutation ($i: SendMessageInput!) { sendMessage(input: $i) { repeated } }',
      variables: { i: { conversation, id: `g${id}`, content: { text: 'hi' } } },
    }),
  veigo: () => post('/gql', { query: `mutation { CreateMessage(roomId: "${conversation}", content: "hi") { id } }` }),
});

const signIn = {
  native: () => post('/api/v1/sessions', { login: 'alice', password: 'correct horse' }),
  graphql: () =>
    post('/graphql', {
      query: 'mutation { signIn(input: { login: "alice", password: "correct horse" }) { session } }',
    }),
  veigo: () =>
    post('/gql', {
      query: 'mutation { SignIn(email: "a@x.org", password: "correct horse", clientId: "c") { token { access } } }',
    }),
};

test.each([
  ['messages, per account', send('1'), send('2')],
  ['sign-ins, per address', signIn, signIn],
])('what one protocol has used up of %s another has not left', async (_, before, after) => {
  expect((await before.graphql()).body.errors).toBeUndefined();
  expect((await before.veigo()).body.errors).toBeUndefined();
  expect(await after.native()).toMatchObject({ status: 429, body: { code: 'rate.limited' } });
  expect(await after.graphql()).toMatchObject({
    status: 200,
    body: {
      errors: [{ extensions: { code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) } }],
    },
  });
  const { errors } = (await after.veigo()).body;
  expect(errors).toMatchObject([{ extensions: { code: 'rate.limited' } }]);
  expect(JSON.parse(errors?.[0]?.message.replace('2 UNKNOWN: ', '') ?? '')).toMatchObject({
    name: 'Error',
    cause: { code: 'rate.limited', retryAfterMs: expect.any(Number) },
  });
});
