import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { createDeferred } from '../../../kernel/deferred.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';

/** Waited for at the two places that a race is about; they are open unless a test says otherwise. */
const open = async () => {};
let [beforeAdding, beforeCommit]: (() => Promise<void>)[] = [open, open];

function watch(sql: Sql): Sql {
  const watchSession = (tx: SqlSession): SqlSession => ({
    ...tx,
    broken: false,
    release: () => {},
    query: async (...args: Parameters<SqlSession['query']>) => {
      const adds = args[0].includes('insert into chat.memberships');
      const rows = await tx.query(...args);
      if (adds) await beforeCommit?.();
      return rows as never;
    },
  });
  return {
    query: (...args) => sql.query(...args),
    session: () => sql.session(),
    close: () => sql.close(),
    url: sql.url,
    transaction: async (work) => {
      await beforeAdding?.();
      return sql.transaction((tx) => work(watchSession(tx)));
    },
  };
}

let t: TestChat;
beforeAll(async () => {
  t = await openChat({}, watch);
});
afterAll(() => t.close());

const at = '2026-01-31T12:00:00.000Z';
const change = (id: AccountId, deleted_at: string | null) =>
  t.publish(topics.identity, 'accounts', [{ op: 'u', after: { id, username: id, name: '', deleted_at } }]);

test('a deleted account leaves every group, the last owner passes the role on, and coming twice changes nothing', async () => {
  const [a, b, c] = [t.account(), t.account(), t.account()];
  const owned = await t.group(a, [b, c]);
  await t.chat.putMember(t.as(a), owned, c, 'admin');
  const joined = await t.group(b, [a]);
  const alone = await t.group(a, []);
  await t.send(a, owned, 'stays');
  await change(a, null);
  expect((await t.chat.getConversation(t.as(b), owned)).memberCount).toBe(3);
  await change(a, at);
  const view = await t.chat.getConversation(t.as(b), owned);
  await change(a, at);
  expect((await t.chat.getConversation(t.as(b), owned)).lastRev).toBe(view.lastRev);
  const roles = async (id: typeof owned) =>
    (await t.chat.listMembers(t.as(b), id, { limit: 10 })).items.map(({ user, role }) => [user, role]);
  expect(Object.fromEntries(await roles(owned))).toEqual({ [b]: 'member', [c]: 'owner' });
  expect(Object.fromEntries(await roles(joined))).toEqual({ [b]: 'owner' });
  expect((await t.chat.history(t.as(b), owned, { limit: 10 })).items).toMatchObject([{ sender: a }]);
  expect(await codeOf(t.chat.getConversation(t.as(a), alone))).toBe('conversation.unknown');
});

test('a deleted account is added to nothing; its direct conversations are read and take nothing', async () => {
  const [a, b] = [t.account(), t.account()];
  const { conversation } = await t.chat.createConversation(t.as(b), { kind: 'direct', members: [a] });
  await t.send(a, conversation.id, 'hello');
  const group = await t.group(b, []);
  await change(a, at);
  const ways = [
    () => t.chat.putMember(t.as(b), group, a, 'member'),
    () => t.chat.addMembers(t.as(b), group, [a]),
    () => t.chat.createConversation(t.as(b), { kind: 'group', members: [a] }),
    () => t.chat.createConversation(t.as(b), { kind: 'direct', members: [a] }),
  ];
  for (const way of ways) expect(await codeOf(way())).toBe('account.unknown');
  await expect(t.send(b, conversation.id, 'x')).rejects.toThrow('action.forbidden');
  expect(await codeOf(t.chat.setTyping(t.as(b), conversation.id, true))).toBe('action.forbidden');
  expect(await codeOf(t.chat.setReaction(t.as(b), conversation.id, 1, '👍', true))).toBe('action.forbidden');
  expect((await t.chat.history(t.as(b), conversation.id, { limit: 10 })).items).toHaveLength(1);
});

/** Every way to begin a stay of `a` that `b` has; the last one makes the conversation. */
const ways: readonly (readonly [string, (b: AccountId, group: ConversationId, a: AccountId) => Promise<unknown>])[] = [
  ['as a member', (b, group, a) => t.chat.putMember(t.as(b), group, a, 'member')],
  ['by itself', (_b, group, a) => t.chat.putMember(t.as(a), group, a, 'member')],
  ['with many', (b, group, a) => t.chat.addMembers(t.as(b), group, [a])],
  [
    'to a new group',
    (b, _group, a) => t.chat.createConversation(t.as(b), { kind: 'group', id: createId(), members: [a] }),
  ],
];

describe.each(ways)('an account that is added while it is deleted: %s', (_name, add) => {
  test('the deletion comes first: it is refused', async () => {
    const [a, b] = [t.account(), t.account()];
    const group = await t.group(b, [], { visibility: 'public' });
    const [looked, ended] = [createDeferred<void>(), createDeferred<void>()];
    beforeAdding = () => {
      beforeAdding = open;
      looked.resolve();
      return ended.promise;
    };
    const added = codeOf(add(b, group, a));
    await looked.promise;
    await change(a, at);
    ended.resolve();
    expect(await added).toBe('account.unknown');
    expect(await t.chat.membershipsOf(t.as(b), [a])).toEqual([]);
  });

  test('the stay comes first and is not committed yet: it ends', async () => {
    const [a, b] = [t.account(), t.account()];
    const group = await t.group(b, [], { visibility: 'public' });
    const [written, met] = [createDeferred<void>(), createDeferred<void>()];
    beforeCommit = () => {
      beforeCommit = open;
      written.resolve();
      return met.promise;
    };
    const added = codeOf(add(b, group, a));
    await written.promise;
    let over = false;
    const deleting = change(a, at).then(() => {
      over = true;
    });
    // It has met the addition once it waits for it; a deletion that waits for nothing is over.
    while (!over && !(await isAwaited())) await new Promise((resolve) => setImmediate(resolve));
    met.resolve();
    expect(await added).toBe('none');
    await deleting;
    expect(await t.chat.membershipsOf(t.as(b), [a])).toEqual([]);
  });
});

async function isAwaited(): Promise<boolean> {
  const rows = await t.sql.query(
    `select 1 from pg_locks where locktype = 'advisory' and not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.length > 0;
}
