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
import type { NotifyRule } from '../../../../model/conversation.ts';
import { createDirectId } from '../../../../model/direct-id.ts';

let server: ProtocolHub;
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(() => server.close());

const notifications = `subscription ($in: [ID!], $after: [ConversationPositionInput!]) {
  notifications(conversations: $in, after: $after) {
    kind: __typename
    ... on Notification { reason message { seq sender { name } content { text } createdAt } }
    ... on Resumed { conversations { conversationId continuity position { epoch seq rev } } }
  }
}`;

/** One of each socket, one of each subscription. */
async function until(connections: number): Promise<void> {
  await expect.poll(() => server.hub.realtime.hub.connectionCount).toBe(connections);
  await server.hub.settle();
}

const said = (events: readonly Record<string, unknown>[]) =>
  events.map(({ kind, reason, message }) =>
    kind === 'Notification' ? `${reason} ${(message as { content: { text: string } }).content.text}` : kind,
  );

test('are what others say where all is wanted, and mentions where only those are', async () => {
  const direct = createDirectId(ann, bob);
  const c = server.hub.chat.create(one, [ann, bob]);
  const d = server.hub.chat.create(two, [ann, bob]);
  const e = server.hub.chat.create(direct, [ann, bob]);
  server.hub.loseStream();
  const quiet = { user: ann, conversation: two, mutedUntil: null } as const;
  server.preferences.push({ ...quiet, notify: 'mentions' });
  const client = server.connect('ann');
  const [feed, narrow] = [subscribe(client, notifications), subscribe(client, notifications, { in: [direct] })];
  await until(3);
  server.hub.chat.send(c, bob, 'all of you');
  server.hub.chat.send(c, ann, 'my own', [ann]);
  server.hub.chat.edit(c, 1);
  server.hub.chat.send(d, bob, 'nothing much');
  server.hub.chat.send(d, bob, 'for ann', [ann]);
  server.hub.chat.send(e, bob, 'between us');
  await server.hub.route();
  await expect.poll(() => [feed.results.length, narrow.results.length]).toEqual([3, 1]);
  expect(said(feed.events()).sort()).toEqual(['DIRECT between us', 'MENTION for ann', 'MESSAGE all of you']);
  expect(said(narrow.events())).toEqual(['DIRECT between us']);
});

test('stay silent where they are muted, for as long as it is said', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const past = { user: ann, conversation: one, notify: 'all', mutedUntil: '2020-01-01T00:00:00.000Z' } as const;
  server.preferences.push(past, { ...past, user: bob, mutedUntil: '2999-01-01T00:00:00.000Z' });
  const feeds = ['ann', 'bob'].map((who) => subscribe(server.connect(who), notifications));
  const all = subscribe(server.connect('bob'), 'subscription { messages { ... on MessageAdded { message { seq } } } }');
  await until(6);
  server.hub.chat.send(c, bob, 'to ann', [ann]);
  server.hub.chat.send(c, ann, 'to bob', [bob]);
  await server.hub.route();
  await expect.poll(() => all.results.length).toBe(2);
  expect(feeds.map((feed) => said(feed.events()))).toEqual([['MENTION to ann'], []]);
});

test('heed a change of preferences as soon as the hub tells of it', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const feed = subscribe(server.connect('ann'), notifications, { in: [one] });
  const all = subscribe(server.connect('ann'), 'subscription { messages { ... on MessageAdded { message { seq } } } }');
  await until(4);
  const change = async (notify: NotifyRule) => {
    const preferences = { user: ann, conversation: one, mutedUntil: null, archived: false, pinned: false, notify };
    await server.hub.deliver([{ kind: 'preferences', ...preferences, version: 1 }]);
  };
  const say = async (text: string) => {
    server.hub.chat.send(c, bob, text);
    await server.hub.route();
  };
  await say('one');
  await change('none');
  await say('two');
  await change('all');
  await say('three');
  await expect.poll(() => all.results.length).toBe(3);
  expect(said(feed.events())).toEqual(['MESSAGE one', 'MESSAGE three']);
});

test('heed what was changed where the hub could not hear: before it was asked to, and while it was deaf', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const quiet = { user: ann, conversation: one, mutedUntil: null } as const;
  server.afterRead.do = () => void server.preferences.push({ ...quiet, notify: 'none' });
  const feed = subscribe(server.connect('ann'), notifications);
  await until(2);
  server.afterRead.do = () => {};
  server.hub.chat.send(c, bob, 'muted');
  await server.hub.route();
  server.preferences.length = 0;
  await server.hub.realtime.api.doubt(server.hub.ctx(), 'a router was away');
  server.hub.chat.send(c, bob, 'heard');
  await server.hub.route();
  await expect.poll(() => feed.results.length).toBe(1);
  expect(said(feed.events())).toEqual(['MESSAGE heard']);
});

test('begin with those that were missed, and say whether any were', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.chat.send(c, bob, 'known');
  const after = [{ conversation: one, epoch: `e-${one}`, seq: 1, rev: c.lastRev }];
  server.hub.chat.send(c, ann, 'my own');
  server.hub.chat.send(c, bob, 'missed');
  server.hub.chat.edit(c, 1);
  server.hub.loseStream();
  const feed = subscribe(server.connect('ann'), notifications, { after });
  await expect.poll(() => feed.results.length).toBe(2);
  server.hub.chat.send(c, bob, 'live');
  await server.hub.route();
  await expect.poll(() => feed.results.length).toBe(3);
  expect(said(feed.events())).toEqual(['MESSAGE missed', 'Resumed', 'MESSAGE live']);
  const position = { epoch: `e-${one}`, seq: 3, rev: 5 };
  expect(feed.events()[1]).toMatchObject({
    conversations: [{ conversationId: one, continuity: 'KEPT', position }],
  });
});

test('are carried out once for all who are told the same', async () => {
  const c = server.hub.chat.create(one, [ann, bob]);
  server.hub.loseStream();
  const feeds = ['ann', 'ann', 'bob', 'bob'].map((who) => subscribe(server.connect(who), notifications));
  await until(8);
  const message = server.hub.chat.send(c, 'somebody', 'hello', [bob]);
  let read = 0;
  const watched = Object.defineProperty({ ...message }, 'createdAt', {
    enumerable: true,
    get: () => {
      read++;
      return message.createdAt;
    },
  });
  await server.hub.deliver([{ kind: 'message', conversation: one, rev: c.lastRev, message: watched }]);
  await expect.poll(() => feeds.map(({ results }) => results.length)).toEqual([1, 1, 1, 1]);
  expect(feeds.map((feed) => said(feed.events())[0])).toEqual([
    ...['MESSAGE hello', 'MESSAGE hello'],
    ...['MENTION hello', 'MENTION hello'],
  ]);
  expect(read).toBe(2);
});

test('nobody is told of them without a token', async () => {
  const feed = subscribe(server.connect(null), notifications);
  await expect.poll(() => feed.ended).toMatchObject({ code: 4401 });
});
