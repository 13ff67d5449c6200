import { createClient } from '../client.ts';
import { createMemoryStore } from '../key-value-store.ts';
import { createModelServer } from './model-server.ts';
import { createTestClock } from './test-clock.ts';

export const account = {
  id: 'me',
  kind: 'person' as const,
  username: 'me',
  email: null,
  emailVerified: false,
  phone: null,
  name: 'me',
  createdAt: '2026-01-01T00:00:00.000Z',
};
export const tokens = { access: 'a', refresh: 'r', expiresIn: 1e9 };

export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A client of the model server, on a clock of the test's. */
export async function startClient(storage = createMemoryStore(), backlogLimit?: number) {
  const clock = createTestClock();
  const server = createModelServer('me', backlogLimit);
  const client = createClient({
    url: 'http://host',
    clock,
    random: () => 1,
    storage,
    fetch: server.fetch,
    WebSocket: server.WebSocket,
  });
  await client.restore({ account, tokens });
  client.connect();
  /** Lets everything under way come to its end. */
  async function calm(): Promise<void> {
    for (let i = 0; i < 40; i++) {
      await settle();
      server.accept();
      server.readAll();
      server.arrive(Number.POSITIVE_INFINITY);
      clock.advance(1_000);
    }
  }
  return { clock, server, client, calm, storage };
}
