import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { systemContext } from '../../kernel/context.ts';
import { silentLog } from '../../kernel/log.ts';
import { loadIncarnation } from '../../services/chat/load-incarnation.ts';
import { createOwnProcess } from '../own-process.ts';
import { createProcesses } from '../processes.ts';
import { reloadIncarnation } from './reload-incarnation.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());

/** A process whose chat and hub react to a reset as main/modules wires them. */
async function setUp(query = database.sql.query) {
  const { sql } = database;
  const lost: unknown[] = [];
  const p = {
    sql: { identity: sql, people: sql, chat: { ...sql, query } },
    onLost: (error: unknown) => void lost.push(error),
    incarnation: await loadIncarnation(sql),
  };
  const doubts: string[] = [];
  const own = createOwnProcess(() => ({ version: '', uptimeSeconds: 0, ready: true, foundation: {}, modules: {} }));
  own.onStreamReset(() => reloadIncarnation(p));
  own.onStreamReset(async (reason) => void doubts.push(`${reason} ${p.incarnation.restore}`));
  const deps = { own: own.api, ownServices: ['chat', 'realtime'], others: null, log: silentLog };
  const reset = (reason: string) =>
    createProcesses(deps).tell(['chat'], (process) => process.onStreamReset(systemContext('test'), reason));
  return { p, doubts, lost, reset };
}

test('hubs compare with the history that the database has now', async () => {
  const { doubts, reset } = await setUp();
  await database.sql.query(`update chat.incarnation set restore = 'another'`);
  await reset('failover');
  expect(doubts).toEqual(['failover another']);
});

test('hubs doubt even when the database has gone again', async () => {
  const gone = async () => {
    throw new Error('gone');
  };
  const { p, doubts, lost, reset } = await setUp(gone);
  await reset('slot lost');
  expect([doubts, lost.length]).toEqual([[`slot lost ${p.incarnation.restore}`], 1]);
});

test('the timeline is the one that is written now', async () => {
  const [row] = await database.sql.query<{ name: string }>(`select pg_walfile_name(pg_current_wal_lsn()) as name`);
  expect((await loadIncarnation(database.sql)).timeline).toBe(Number.parseInt(row?.name.slice(0, 8) ?? '', 16));
});
