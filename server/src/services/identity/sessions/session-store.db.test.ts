import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { type AccountId, createId, type SessionId } from '../../../kernel/ids.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { insertAccounts, lockAccount, writePassword } from '../store.ts';
import { createRefreshToken } from './opaque-tokens.ts';
import { endSessions, insertSession, purgeSessions, readAlive, writeCookie } from './session-store.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let sql: Sql;
let serial = 0;

beforeAll(async () => {
  database = await openTestDatabase(['identity']);
  sql = database.sql;
});
afterAll(() => database.close());

async function createAccount(): Promise<AccountId> {
  const id = createId<AccountId>();
  const username = `person${++serial}`;
  await insertAccounts(sql, [
    { id, username, name: username, email: null, phone: null, password: null, admin: false, hash: 'old' },
  ]);
  return id;
}

const openSession = (account: AccountId, id: SessionId) =>
  sql.transaction((tx) => insertSession(tx, account, 'old', createRefreshToken(id), {}));

/** Resolves when somebody waits for a lock, or when what should be waiting has finished. */
async function untilBlocked(waiting: Promise<unknown>): Promise<void> {
  let finished = false;
  void waiting.then(
    () => (finished = true),
    () => (finished = true),
  );
  while (!finished) {
    const blocked = await sql.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (blocked.length > 0) return;
  }
}

test.each([
  ['a change of password', (tx: SqlSession, account: AccountId) => writePassword(tx, account, 'new')],
  [
    'a suspension',
    (tx: SqlSession, account: AccountId) =>
      tx.query('update identity.accounts set suspended = true where id = $1', [account]),
  ],
  [
    'a deletion',
    (tx: SqlSession, account: AccountId) =>
      tx.query('update identity.accounts set deleted_at = now() where id = $1', [account]),
  ],
])('a sign-in that %s overtakes opens no session', async (_name, change) => {
  const account = await createAccount();
  const id = createId<SessionId>();
  let opening: Promise<boolean> | undefined;
  await sql.transaction(async (tx) => {
    await lockAccount(tx, account);
    await change(tx, account);
    await endSessions(tx, account, 'password');
    opening = openSession(account, id);
    await untilBlocked(opening);
  });
  expect(await opening).toBe(false);
  expect(await readAlive(sql, 30, [id])).toEqual([]);
});

test('a sign-in that comes first is ended by the change that waited for it', async () => {
  const account = await createAccount();
  const id = createId<SessionId>();
  let ending: Promise<unknown> | undefined;
  await sql.transaction(async (tx) => {
    expect(await insertSession(tx, account, 'old', createRefreshToken(id), {})).toBe(true);
    ending = sql.transaction(async (other) => {
      await lockAccount(other, account);
      await writePassword(other, account, 'new');
      return endSessions(other, account, 'password');
    });
    await untilBlocked(ending);
  });
  expect(await ending).toMatchObject([{ id }]);
  expect(await readAlive(sql, 30, [id])).toEqual([]);
});

test('sessions nobody has used for long are forgotten, the others stay', async () => {
  const account = await createAccount();
  const [old, fresh] = [createId<SessionId>(), createId<SessionId>()];
  for (const id of [old, fresh]) await openSession(account, id);
  await sql.query(
    "update identity.session_secrets set last_seen_at = now() - interval '61 days' where session_id = $1",
    [old],
  );
  await purgeSessions(sql, 60);
  expect(await readAlive(sql, 90, [old, fresh])).toEqual([fresh]);
});

test('a session ends when nobody has used it for long; asking about one with a cookie is use', async () => {
  const account = await createAccount();
  const [browser, other, unused] = [createId<SessionId>(), createId<SessionId>(), createId<SessionId>()];
  for (const id of [browser, other, unused]) await openSession(account, id);
  for (const id of [browser, unused]) await writeCookie(sql, 30, id, Buffer.from(id));
  const unseenFor = (days: number, ...ids: SessionId[]) =>
    sql.query(
      'update identity.session_secrets set last_seen_at = last_seen_at - make_interval(days => $1) where session_id = any($2)',
      [days, ids],
    );
  await unseenFor(20, browser, other);
  await unseenFor(31, unused);
  expect((await readAlive(sql, 30, [browser, other, unused])).sort()).toEqual([browser, other].sort());
  await unseenFor(20, browser, other);
  expect(await readAlive(sql, 30, [browser, other, unused])).toEqual([browser]);
});
