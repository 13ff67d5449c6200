import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  alice,
  aliceCookie,
  aliceToken,
  bob,
  conversation,
  foreign,
  type NativeServer,
  startNativeServer,
} from '../../../test-support/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer();
});
afterAll(() => server.close());

interface Answer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions: { readonly code: string };
  }[];
}

/** As alice, by Bearer, unless the headers say otherwise; a header of null is left out. */
async function post(query: string, variables?: object, headers: Record<string, string | null> = {}): Promise<Response> {
  const all = { authorization: `Bearer ${aliceToken}`, 'content-type': 'application/json', ...headers };
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null),
    body: JSON.stringify({ query, variables }),
  });
}

async function ask(...request: Parameters<typeof post>): Promise<Answer> {
  const response = await post(...request);
  return { status: response.status, ...((await response.json()) as object) };
}

const codes = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions.code);
const nobody = { authorization: null };

test('who asks is told who they are', async () => {
  const { data, errors } = await ask(
    '{ me { id username name admin settings sessions { id current } contacts { id } } }',
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    me: {
      id: alice.account,
      username: 'alice',
      name: 'Alice "A"',
      admin: true,
      settings: { theme: 'dark' },
      sessions: [{ id: alice.session, current: true }],
      contacts: [],
    },
  });
});

describe('messages', () => {
  const send = `mutation ($input: SendMessageInput!) {
    sendMessage(input: $input) {
      repeated message { id messageId seq rev conversationId sender { id username } content { type text json } mentionIds replyTo pinned reactions { emoji } }
    }
  }`;
  const input = { conversation, id: 'first', content: { text: 'Hällo' }, mentions: [bob], replyTo: null };

  test('are sent once under one id', async () => {
    const first = await ask(send, { input });
    expect(first).toEqual({
      status: 200,
      data: {
        sendMessage: {
          repeated: false,
          message: {
            id: `${conversation}:1`,
            messageId: 'first',
            seq: 1,
            rev: 1,
            conversationId: conversation,
            sender: { id: alice.account, username: 'alice' },
            content: { type: 'TEXT', text: 'Hällo', json: { type: 'text', text: 'Hällo' } },
            mentionIds: [bob],
            replyTo: null,
            pinned: false,
            reactions: [],
          },
        },
      },
    });
    const again = await ask(send, { input });
    expect(again.data).toMatchObject({ sendMessage: { repeated: true, message: { seq: 1 } } });
  });

  test.each([
    [
      { location: { latitude: 1.5, longitude: -2 } },
      '... on LocationContent { latitude longitude }',
      { latitude: 1.5, longitude: -2 },
    ],
    [{ json: { a: [1, null] } }, '... on DataContent { value }', { value: { a: [1, null] } }],
    [{ form: { q: 1 } }, '... on DataContent { value }', { value: { q: 1 } }],
    [
      { attachment: { type: 'IMAGE', attachment: bob, text: null } },
      '... on AttachmentContent { attachmentId }',
      { attachmentId: bob },
    ],
  ])('%j keeps its shape', async (content, selection, expected) => {
    const query = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { content { ${selection} } } } }`;
    const { data, errors } = await ask(query, { input: { ...input, id: `c-${JSON.stringify(content)}`, content } });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ sendMessage: { message: { content: expected } } });
  });

  test.each([
    ['two contents at once', { ...input, content: { text: 'a', json: 1 } }],
    ['an empty text', { ...input, content: { text: '' } }],
    ['a field nobody knows', { ...input, more: 1 }],
    ['an id that cannot be', { ...input, conversation: 'here' }],
    ['a message id that cannot be printed', { ...input, id: 'a\u0000' }],
    ['a mention of nobody', { ...input, mentions: ['bob'] }],
    ['a seq that cannot be', { ...input, replyTo: 0 }],
  ])('%s is refused', async (_what, wrong) => {
    const answer = await ask(send, { input: wrong });
    expect(codes(answer)).toEqual(['request.invalid']);
  });

  test('of a stranger’s conversation: forbidden, and the others of one request are still answered', async () => {
    const { data, errors } = await ask(
      `mutation ($a: SendMessageInput!, $b: SendMessageInput!) {
        a: sendMessage(input: $a) { repeated }
        b: sendMessage(input: $b) { repeated }
      }`,
      { a: { ...input, conversation: foreign }, b: input },
    );
    expect(data).toEqual({ a: null, b: { repeated: true } });
    expect(errors).toMatchObject([{ path: ['a'], extensions: { code: 'conversation.forbidden', retryable: false } }]);
  });

  test('are read as a connection', async () => {
    const { data, errors } = await ask(
      `query ($id: ID!) { conversation(id: $id) {
        lastSeq lastMessage { id } peer { id presence { state } }
        members { nodes { role user { name } } }
        messages(last: 2) { edges { cursor node { seq } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
      } }`,
      { id: conversation },
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      conversation: {
        peer: { id: bob, presence: { state: 'ONLINE' } },
        members: { nodes: [{ role: 'MEMBER', user: { name: 'Bob' } }] },
        messages: { pageInfo: { hasNextPage: false, hasPreviousPage: true, endCursor: '5' } },
      },
    });
  });
});

describe('without a credential', () => {
  test('what needs none is answered, the rest says so beside it', async () => {
    const answer = await ask('{ status { status version services { name instances } } me { id } }', {}, nobody);
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({
      me: null,
      status: { status: 'OK', version: '1.2.3', services: [{ name: 'chat', instances: 1 }] },
    });
    expect(codes(answer)).toEqual(['token.missing']);
  });

  test('no field but the open ones says anything', async () => {
    const answer = await ask(
      `{ user(id: "@bob") { id } users(query: "b") { nodes { id } } conversations { nodes { id } }
         conversation(id: "${conversation}") { id } messages(conversation: "${conversation}") { nodes { id } }
         message(conversation: "${conversation}", seq: 1) { id } search(query: "a") { nodes { excerpt } }
         changes(conversation: "${conversation}", position: { epoch: "e", seq: 0 }) { continuity }
         attachment(id: "${conversation}") { id } }`,
      {},
      nobody,
    );
    expect(new Set(codes(answer))).toEqual(new Set(['token.missing']));
    expect(codes(answer)).toHaveLength(9);
  });

  test.each([
    ['forged', 'token.invalid'],
    ['expired', 'token.expired'],
    ['revoked', 'session.revoked'],
  ])('a token that is %s is refused before anything is read', async (token, code) => {
    const answer = await ask('{ status { status } }', {}, { authorization: `Bearer ${token}` });
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code, retryable: false } }] });
    expect(answer.data).toBeUndefined();
  });
});

describe('the session cookie', () => {
  const signIn =
    'mutation ($i: SignInInput!) { signIn(input: $i) { account { id } tokens { access expiresIn } session } }';

  test('is set when asked for, and taken', async () => {
    const response = await post(signIn, { i: { login: 'alice', password: 'correct horse', cookie: true } }, nobody);
    expect(response.headers.get('set-cookie')).toContain(`parley_session=${aliceCookie}`);
    expect(await response.json()).toMatchObject({ data: { signIn: { account: { id: alice.account } } } });
  });

  test('from another site’s page is refused', async () => {
    const cookie = { ...nobody, cookie: `parley_session=${aliceCookie}` };
    const elsewhere = await ask('{ me { id } }', {}, { ...cookie, origin: 'https://evil.example' });
    expect(elsewhere).toMatchObject({ status: 403, errors: [{ extensions: { code: 'action.forbidden' } }] });
    expect((await ask('{ me { id } }', {}, { ...cookie, origin: server.url })).data).toEqual({
      me: { id: alice.account },
    });
  });

  test('a wrong password has its code', async () => {
    const answer = await ask(signIn, { i: { login: 'alice', password: 'wrong' } }, nobody);
    expect(codes(answer)).toEqual(['credentials.wrong']);
    expect(answer.data).toEqual({ signIn: null });
  });
});

test('what fails inside is told as internal, without its cause', async () => {
  const answer = await ask(`mutation { deleteMessage(conversation: "${conversation}", seq: 1) }`);
  expect(codes(answer)).toEqual(['internal']);
  expect(JSON.stringify(answer)).not.toContain('faked');
});
