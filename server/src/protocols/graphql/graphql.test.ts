import { afterAll, beforeAll, expect, test } from 'vitest';
import { alice, type NativeServer, startNativeServer } from '../../../testing/native-server.ts';

let server: NativeServer;
beforeAll(async () => {
  server = await startNativeServer();
});
afterAll(() => server.close());

async function ask(query: string, variables?: object, headers: Record<string, string> = {}) {
  const response = await server.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as { data?: unknown; errors?: object[] }) };
}

test('who asks is told who they are', async () => {
  const { data, ...rest } = await ask('{ me { id username name } }');
  expect(rest).toEqual({ status: 200 });
  expect(data).toEqual({ me: { id: alice.account, username: 'alice', name: 'Alice "A"' } });
});
