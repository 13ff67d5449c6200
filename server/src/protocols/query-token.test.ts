import { afterAll, beforeAll, expect, test } from 'vitest';
import { aliceToken, type NativeServer, startNativeServer } from '../../test-support/native-server.ts';
import { registerProtocol } from '../../test-support/register-protocol.ts';
import { protocols } from './protocols.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer();
});
afterAll(() => server.close());

const id = '0190dddd-0000-7000-8000-000000000004';
/** Of a field that each GraphQL serves to who is signed in. */
const queries: Record<string, string> = {
  '/gql': '{ ListRooms(id: "x") { metadata { hasMore } } }',
  '/graphql': '{ me { id } }',
  '/graphql/stream': '{ me { id } }',
};

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(method: string, path: string, more: Record<string, string>, headers = {}): Promise<Answer> {
  const query = queries[path] ?? '{ x }';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const search = new URLSearchParams({ ...more, ...(!hasBody && path in queries && { query }) });
  const response = await server.fetch(`${path}?${search}`, {
    method,
    redirect: 'manual',
    headers: { ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    ...(hasBody && { body: JSON.stringify({ query }) }),
  });
  return { status: response.status, text: (await response.text()).replace(/"requestId":"[^"]*"/, '') };
}

test('the token of a URL is for sockets: no route of any protocol takes it', async () => {
  const port = { own: false, mode: null };
  const served = await Promise.all(protocols.filter(({ mainPort }) => mainPort).map((p) => registerProtocol(p, port)));
  const routes = served.flatMap(({ routes }) => routes);
  expect(routes.length).toBeGreaterThan(60);
  for (const route of routes) {
    if (route === 'GET /graphql/stream' || route === 'HEAD /graphql/stream') continue;
    const [method, pattern] = route.split(' ') as [string, string];
    const path = pattern.replace(/:\w+(\([^)]*\))?/g, id).replace('*', 'x');
    const answers = { route, answer: await ask(method, path, { token: aliceToken }) };
    expect(answers).toEqual({ route, answer: await ask(method, path, { token: 'forged' }) });
  }
});

test('those fields are served to who shows the token in a header, and a stream that a page opens may show it in its URL', async () => {
  for (const path of Object.keys(queries)) {
    const { text } = await ask('POST', path, {}, { authorization: `Bearer ${aliceToken}` });
    expect(text).toMatch(/"data":\{"(me|ListRooms)":\{/);
  }
  const { status, text } = await ask('GET', '/graphql/stream', { token: aliceToken });
  expect([status, text]).toEqual([200, expect.stringContaining('"me"')]);
});
