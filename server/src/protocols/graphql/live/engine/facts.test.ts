import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ann,
  bob,
  one,
  type ProtocolHub,
  startProtocolHub,
  subscribe,
  two,
} from '../../../../../test-support/protocol-hub.ts';

let server: ProtocolHub;
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(() => server.close());

/** One of each socket, one of each subscription. */
async function until(connections: number): Promise<void> {
  await expect.poll(() => server.hub.realtime.hub.connectionCount).toBe(connections);
  await server.hub.settle();
}

test('users: who changes among those of my conversations, or of the named ones, and the end of an account', async () => {
  server.hub.chat.create(one, [ann, bob]);
  server.hub.chat.create(two, [ann]);
  server.hub.loseStream();
  const query = 'subscription ($in: [ID!]) { users(conversations: $in) { id name version deleted } }';
  const client = server.connect('ann');
  const [all, narrow] = [subscribe(client, query), subscribe(client, query, { in: [two] })];
  await until(3);
  server.hub.changeProfile({ id: bob, name: 'Robert', version: 2 }, { version: 1 });
  server.hub.changeProfile({ id: ann, name: 'Anna', version: 2 }, { version: 1 });
  await server.hub.settle();
  server.hub.changeProfile({ id: bob, name: 'Deleted account', version: 3, deleted: true }, { version: 2 });
  await expect.poll(() => [all.results.length, narrow.results.length]).toEqual([3, 1]);
  const own = { id: ann, name: 'Anna', version: 2, deleted: false };
  expect(narrow.events()).toEqual([own]);
  expect(all.events()).toEqual([
    { id: bob, name: 'Robert', version: 2, deleted: false },
    own,
    { id: bob, name: 'Deleted account', version: 3, deleted: true },
  ]);
});

test('conversations: my own preferences, set on another device, and nobody else', async () => {
  server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const query = `subscription { conversations { ... on ConversationEvent { change rev conversation {
    id kind mutedUntil archived pinned notify preferencesVersion } } } }`;
  const feeds = ['ann', 'bob'].map((who) => subscribe(server.connect(who), query));
  await until(4);
  const own = { mutedUntil: '2999-01-01T00:00:00.000Z', archived: true, pinned: false };
  const told = { kind: 'preferences', user: ann, conversation: one, ...own, notify: 'mentions', version: 5 } as const;
  await server.hub.deliver([told]);
  await server.hub.deliver([{ ...told, user: bob, archived: false }]);
  await expect.poll(() => feeds.map((feed) => feed.results.length)).toEqual([1, 1]);
  const known = { id: one, kind: null, ...own, notify: 'MENTIONS', preferencesVersion: 5 };
  expect(feeds.map((feed) => feed.events())).toEqual([
    [{ change: 'UPDATED', rev: 0, conversation: known }],
    [{ change: 'UPDATED', rev: 0, conversation: { ...known, archived: false } }],
  ]);
});
