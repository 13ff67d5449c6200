import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test-support/database.ts';
import { silentLog } from '../kernel/log.ts';
import { followIncarnation } from '../services/chat/follow-incarnation.ts';
import { loadIncarnation } from '../services/chat/load-incarnation.ts';
import { createOwnProcess } from './own-process.ts';
import { createProcesses } from './processes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());

/** A process whose chat and hub react to a reset as they are wired in the program; `sql`: what chat asks later on. */
async function setUp(query?: () => Promise<never>) {
  const { sql } = database;
  const errors: string[] = [];
  const log = { ...silentLog, error: (_: object, message: string) => void errors.push(message) };
  let broken = false;
  const chatSql = {
    ...sql,
    query: ((...args: Parameters<typeof sql.query>) =>
      broken && query ? query() : sql.query(...args)) as typeof sql.query,
  };
  const incarnation = followIncarnation({ sql: chatSql, log });
  await incarnation.unit.start?.();
  broken = true;
  const doubts: string[] = [];
  const own = createOwnProcess(() => ({ version: '', uptimeSeconds: 0, ready: true, foundation: {}, modules: {} }));
  own.onStreamReset(incarnation.reload);
  own.onStreamReset(async (reason) => void doubts.push(`${reason} ${incarnation.current().restore}`));
  const reset = (ownServices: readonly string[], reason: string) =>
    createProcesses({ own: own.api, ownServices, others: null, log: silentLog }).tell('resetStream', (process, ctx) =>
      process.onStreamReset(ctx, reason),
    );
  return { incarnation, doubts, errors, reset };
}

test('hubs compare with the history that the database has now', async () => {
  const { doubts, reset } = await setUp();
  await database.sql.query(`update chat.incarnation set restore = 'another'`);
  await reset(['chat'], 'failover');
  expect(doubts).toEqual(['failover another']);
});

test('hubs doubt even when the database has gone again', async () => {
  const { incarnation, doubts, errors, reset } = await setUp(async () => {
    throw new Error('gone');
  });
  await reset(['realtime'], 'slot lost');
  expect([doubts, errors.length]).toEqual([[`slot lost ${incarnation.current().restore}`], 1]);
});

test('who neither keeps messages nor faces people is not told', async () => {
  const { doubts, reset } = await setUp();
  await reset(['people', 'router'], 'slot lost');
  expect(doubts).toEqual([]);
});

test('the timeline is the one that is written now', async () => {
  const [row] = await database.sql.query<{ name: string }>(`select pg_walfile_name(pg_current_wal_lsn()) as name`);
  expect((await loadIncarnation(database.sql)).timeline).toBe(Number.parseInt(row?.name.slice(0, 8) ?? '', 16));
});
