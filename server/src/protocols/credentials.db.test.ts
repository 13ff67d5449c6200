import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openTestDatabase, type TestDatabase } from '../../test-support/database.ts';
import { connectEcho } from '../../test-support/echo-grpc.ts';
import { anonymous, contextOf, startTestIdentity, type TestIdentity } from '../../test-support/identity.ts';
import { type NativeServer, startNativeServer } from '../../test-support/native-server.ts';
import type { SignedIn } from '../services/identity/api.ts';

let database: TestDatabase;
let identity: TestIdentity;
let server: NativeServer;
let grpc: ReturnType<typeof connectEcho>;

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  identity = await startTestIdentity(database.sql);
  server = await startNativeServer({}, null, { http: true, sockets: true, grpc: true, identity: identity.api });
  grpc = connectEcho(server.grpcAddress);
});
afterAll(async () => {
  grpc?.close();
  await server?.close();
  await identity?.stop();
  await database?.close();
});

/** The first thing a surface says about a token; null: none is shown. */
type Ask = (token: string | null) => Promise<string>;

const bearer = (token: string | null, word = 'Bearer') => (token === null ? {} : { authorization: `${word} ${token}` });

async function post(path: string, query: string, headers: Record<string, string>) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, text: await response.text() };
}

/** How the handshake or the socket ends, or the first frame. */
function dial(path: string, protocols: string[] = [], first?: object): Promise<string> {
  const socket = new WebSocket(server.url.replace('http', 'ws') + path, protocols);
  return new Promise<string>((resolve) => {
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)));
    socket.on('error', ({ message }) => resolve(message));
    socket.on('close', (code) => resolve(String(code)));
    socket.on('message', (data) => resolve(data.toString()));
    socket.on('open', () => {
      if (first) socket.send(JSON.stringify(first));
      else resolve('open');
    });
  }).finally(() => socket.terminate());
}

const surfaces = {
  async graphql(token) {
    const { status, text } = await post('/graphql', '{ me { id } }', bearer(token));
    const { data, errors } = JSON.parse(text);
    return errors ? `${status} ${errors[0].extensions.code}` : `${status} ${Object.keys(data)}`;
  },
  'graphql-ws': (token) =>
    dial('/graphql', ['graphql-transport-ws'], { type: 'connection_init', payload: bearer(token) }),
  async 'server-sent events'(token) {
    const { status, text } = await post('/graphql/stream', '{ __typename }', bearer(token));
    return status === 200 ? text : `${status} ${JSON.parse(text).code}`;
  },
  async gql(token) {
    const query = '{ ListRooms(id: "x") { metadata { hasMore } } }';
    const { status, text } = await post('/gql', query, bearer(token, 'SuperDuperUser'));
    const { data, errors } = JSON.parse(text);
    return errors ? `${status} ${errors[0].message}` : `${status} ${Object.keys(data)}`;
  },
  'Veigo’s socket': (token) => dial(token === null ? '/' : `/?token=SuperDuperUser%20${token}`),
  async 'Veigo’s gRPC'(token) {
    const keys = token === null ? {} : { token };
    return grpc.raw('/room.Room/List', Buffer.alloc(0), keys).then(
      () => 'OK',
      ({ code, details }) => `${code} ${details}`,
    );
  },
} satisfies Record<string, Ask>;

const askAll = async (token: string | null) =>
  Object.fromEntries(await Promise.all(Object.entries(surfaces).map(async ([name, ask]) => [name, await ask(token)])));

const served = {
  graphql: '200 me',
  'graphql-ws': '{"type":"connection_ack"}',
  'server-sent events': 'event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete\ndata:\n\n',
  gql: '200 ListRooms',
  'Veigo’s socket': 'open',
  'Veigo’s gRPC': 'OK',
};

const invalid = '{"name":"Error","message":"Invalid token"}';

const refused = (code: string, close = '4401') => ({
  graphql: `401 ${code}`,
  'graphql-ws': close,
  'server-sent events': `401 ${code}`,
  gql: `200 2 UNKNOWN: ${invalid}`,
  'Veigo’s socket': '401',
  'Veigo’s gRPC': `2 ${invalid}`,
});

let people = 0;
const enter = () => identity.api.signUp(anonymous(), { username: `person-${people++}` }, {});

test('no surface serves who shows no token', async () => {
  expect(await askAll(null)).toEqual({
    ...refused('token.missing'),
    // Beside the fields that need none.
    graphql: '200 token.missing',
    gql: '200 No authorization token provided',
  });
});

describe('a token that was good', () => {
  let ann: SignedIn;
  const see = () => askAll(ann.tokens.access);
  const start = async () => {
    ann = await enter();
    expect(await see()).toEqual(served);
  };

  test('is refused once its session was revoked', async () => {
    await start();
    await identity.api.revokeSession(await contextOf(identity, ann), ann.session);
    expect(await see()).toEqual(refused('session.revoked'));
  });

  test('is refused once its account was suspended, and stays so when that ends', async () => {
    await start();
    await identity.operator.setSuspended(ann.account.id, true);
    const suspended = {
      graphql: '403 account.suspended',
      'graphql-ws': '4401',
      'server-sent events': '403 account.suspended',
      gql: '200 2 UNKNOWN: {"name":"Error","message":"Unauthorized action"}',
      'Veigo’s socket': '403',
      'Veigo’s gRPC': '2 {"name":"Error","message":"Unauthorized action"}',
    };
    expect(await see()).toEqual(suspended);
    await identity.operator.setSuspended(ann.account.id, false);
    expect(await see()).toEqual(suspended);
  });

  test('is refused once its account was deleted', async () => {
    ann = await identity.api.signUp(anonymous(), { username: 'leaves', password: 'correct horse' }, {});
    expect(await see()).toEqual(served);
    await identity.api.deleteAccount(await contextOf(identity, ann), 'correct horse');
    expect(await see()).toEqual(refused('session.revoked'));
  });

  test('is refused once it has expired', async () => {
    await start();
    identity.clock.advance(601_000);
    // graphql-ws: a client that comes back with a fresh one is served.
    expect(await see()).toEqual(refused('token.expired', '4403'));
  });
});

test('no surface serves a forged token', async () => {
  const { account, session, tokens } = await enter();
  const [head, body, signature] = tokens.access.split('.') as [string, string, string];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const ownKey = (header: object) =>
    new SignJWT({ ...claims, sub: account.id, sid: session })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(privateKey);
  const forged = {
    'with other claims': `${head}.${encode({ ...claims, admin: true })}.${signature}`,
    'without a signature': `${encode({ alg: 'none', kid })}.${body}.`,
    'with another signature': `${head}.${body}.${'A'.repeat(signature.length)}`,
    'signed with another key': await ownKey({ kid }),
    'with its own key inside': await ownKey({ jwk: await exportJWK(publicKey) }),
    'that refreshes': tokens.refresh,
    'of no shape': 'garbage',
  };
  for (const [name, token] of Object.entries(forged)) {
    expect(await askAll(token), `a token ${name}`).toEqual(refused('token.invalid'));
  }
  expect(await askAll(tokens.access)).toEqual(served);
});
