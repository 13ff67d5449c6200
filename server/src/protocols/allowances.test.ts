import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { alice, bob, conversation, type NativeServer, startNativeServer } from '../../test-support/native-server.ts';
import { type CallClass, defaultRates } from './shared/limits/rates.ts';

/** What an answer was: null when it did what was asked, or the failure in the protocol's own words. */
type Refusal = unknown;
type Ask = (server: NativeServer) => Promise<Refusal>;

const rest =
  (method: string, path: string, body?: object): Ask =>
  async (server) => {
    const headers = { 'content-type': 'application/json' };
    const response = await server.fetch(`/api/v1${path}`, {
      method,
      ...(body && { headers, body: JSON.stringify(body) }),
    });
    if (response.ok) return null;
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      ...((await response.json()) as object),
    };
  };

const graph =
  (path: string) =>
  (query: string): Ask =>
  async (server) => {
    const headers = { 'content-type': 'application/json' };
    const response = await server.fetch(path, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { errors } = (await response.json()) as { errors?: readonly object[] };
    return errors?.[0] ?? null;
  };
const graphql = graph('/graphql');
const veigo = graph('/gql');

const formOf = (fields: Readonly<Record<string, string>>) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set('0', new Blob(['some text'], { type: 'text/plain' }), 'notes.txt');
  return body;
};

const upload: Ask = async (server) => {
  const response = await server.fetch('/api/v1/attachments', { method: 'POST', body: formOf({}) });
  if (response.ok) return null;
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...((await response.json()) as object),
  };
};

const uploadOverGraphql: Ask = async (server) => {
  const query = 'mutation ($file: Upload!) { createAttachment(file: $file) { id } }';
  const body = formOf({
    operations: JSON.stringify({ query, variables: { file: null } }),
    map: JSON.stringify({ '0': ['variables.file'] }),
  });
  const response = await server.fetch('/graphql', { method: 'POST', headers: { 'x-parley-csrf': '1' }, body });
  const { errors } = (await response.json()) as { errors?: readonly object[] };
  return errors?.[0] ?? null;
};

/** A frame on a socket of its own. */
const frame =
  (op: object): Ask =>
  async (server) => {
    const socket = new WebSocket(`${server.socketUrl}?token=token-of-alice`, 'parley.v1');
    const frames: { op: string; ref?: string }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    try {
      await expect.poll(() => frames.some(({ op }) => op === 'ready')).toBe(true);
      socket.send(JSON.stringify({ ...op, ref: 'asked' }));
      // Answered in order; what has no answer when it succeeds is followed by one that has.
      socket.send(JSON.stringify({ op: 'ping', ref: 'after' }));
      const answered = () => frames.find(({ ref }) => ref === 'asked' || ref === 'after');
      await expect.poll(answered).toBeDefined();
      if (answered()?.op === 'pong') return null;
      return answered()?.op === 'error' ? answered() : null;
    } finally {
      socket.terminate();
    }
  };

const refused = {
  rest: { status: 429, code: 'rate.limited', retryAfter: expect.stringMatching(/^\d+$/) },
  graphql: { extensions: { code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) } },
  veigo: { extensions: { code: 'rate.limited' }, message: expect.stringMatching(/^2 UNKNOWN: .*"retryAfterMs":\d+/) },
  frame: { op: 'error', code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) },
};

const here = `/conversations/${conversation}`;
const message = { id: 'm1', content: { type: 'text', text: 'hi' } };
const login = { login: 'alice', password: 'correct horse' };

/** For each class: how it is used up, and calls of other protocols that find nothing left, each as its protocol says it. */
const classes: Readonly<Record<CallClass, { readonly use: Ask; readonly others: readonly [Ask, object][] }>> = {
  sends: {
    use: graphql(
      `mutation { sendMessage(input: { conversation: "${conversation}", id: "g", content: { text: "hi" } }) { repeated } }`,
    ),
    others: [
      [rest('POST', `${here}/messages`, message), refused.rest],
      [rest('POST', `${here}/messages`, { ...message, ephemeral: true }), refused.rest],
      [veigo(`mutation { CreateMessage(roomId: "${conversation}", content: "hi") { id } }`), refused.veigo],
    ],
  },
  frames: {
    use: rest('PUT', `${here}/receipts`, { read: 1 }),
    others: [
      [graphql(`mutation { setTyping(conversation: "${conversation}", on: true) }`), refused.graphql],
      [frame({ op: 'presence', watch: [bob] }), refused.frame],
      [frame({ op: 'resume', more: true }), refused.frame],
      [frame({ op: 'auth', token: 'token-of-alice' }), refused.frame],
    ],
  },
  profiles: {
    use: veigo(`mutation { UpdateProfile(id: "${alice.account}", name: "Alice") { name } }`),
    others: [
      [rest('PATCH', '/me', { name: 'Alice' }), refused.rest],
      [graphql('mutation { updateMe(input: { name: "Alice" }) { name } }'), refused.graphql],
    ],
  },
  changing: {
    use: rest('PUT', '/me/contacts/0190bbbb-0000-7000-8000-000000000002'),
    others: [
      [rest('PATCH', `${here}/messages/1`, { content: message.content }), refused.rest],
      [
        graphql(`mutation { setReaction(conversation: "${conversation}", seq: 1, emoji: "👍") { seq } }`),
        refused.graphql,
      ],
    ],
  },
  creating: {
    use: rest('POST', '/conversations', { kind: 'group', name: 'g', members: [bob] }),
    others: [
      [
        graphql(`mutation { createConversation(input: { kind: GROUP, name: "g", members: ["${bob}"] }) { created } }`),
        refused.graphql,
      ],
      [
        veigo(`mutation { CreateRoom(name: "g", type: group, members: ["${bob}"]) { information { id } } }`),
        refused.veigo,
      ],
    ],
  },
  uploading: {
    use: upload,
    others: [
      [upload, refused.rest],
      [uploadOverGraphql, refused.graphql],
    ],
  },
  searching: {
    use: rest('GET', '/users?query=bo'),
    others: [
      [rest('GET', '/search?q=hello'), refused.rest],
      [graphql('{ search(query: "hello", first: 5) { nodes { excerpt } } }'), refused.graphql],
    ],
  },
  reading: {
    use: graphql(`{ conversation(id: "${conversation}") { id } }`),
    others: [
      [rest('GET', `${here}/messages`), refused.rest],
      [veigo(`{ ListMessages(roomId: "${conversation}") { records { id } } }`), refused.veigo],
    ],
  },
  signIns: {
    use: veigo(`mutation { SignIn(email: "a@x.org", password: "correct horse", clientId: "c") { token { access } } }`),
    others: [
      [rest('POST', '/sessions', login), refused.rest],
      [rest('POST', '/accounts/verify', { code: 'x'.repeat(32) }), refused.rest],
      [
        graphql('mutation { signIn(input: { login: "alice", password: "correct horse" }) { session } }'),
        refused.graphql,
      ],
      [graphql('mutation { requestRecovery(email: "a@x.org") }'), refused.graphql],
    ],
  },
  refreshes: {
    use: rest('POST', '/sessions/refresh', { refresh: 'r' }),
    others: [
      [graphql('mutation { refresh(refresh: "r") { access } }'), refused.graphql],
      [veigo('mutation { RefreshToken(token: "r") { access } }'), refused.veigo],
    ],
  },
};

describe.each(Object.entries(classes))('what one protocol has used up of %s', (name, { use, others }) => {
  test('another has not left, and says so in its words', async () => {
    const server = await startNativeServer({ rates: { [name]: { perSecond: 0.001, burst: 1 } } });
    try {
      expect(await use(server)).toBeNull();
      for (const [ask, refusal] of others) expect(await ask(server)).toMatchObject(refusal);
    } finally {
      await server.close();
    }
  });
});

test('by default none of it is refused', async () => {
  expect(Object.keys(classes).sort()).toEqual(Object.keys(defaultRates).sort());
  const server = await startNativeServer();
  try {
    for (const { use, others } of Object.values(classes)) {
      for (const ask of [use, ...others.map(([other]) => other)]) {
        expect(JSON.stringify(await ask(server))).not.toContain('rate.limited');
      }
    }
  } finally {
    await server.close();
  }
});
