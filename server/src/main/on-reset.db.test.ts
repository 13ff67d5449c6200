import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { systemContext } from '../kernel/context.ts';
import { silentLog } from '../kernel/log.ts';
import { loadIncarnation } from '../services/chat/load-incarnation.ts';
import type { RealtimeApi } from '../services/realtime/api.ts';
import { onReset } from './on-reset.ts';
import { createServices } from './services.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());

async function setUp() {
  const services = createServices(silentLog);
  const { sql } = database;
  const lost: unknown[] = [];
  const incarnation = await loadIncarnation(sql);
  const p = {
    sql: { identity: sql, people: sql, chat: sql },
    services,
    createContext: systemContext,
    onLost: (error: unknown) => void lost.push(error),
    incarnation,
  };
  const doubts: string[] = [];
  const doubt = async (_: unknown, reason: string) => void doubts.push(`${reason} ${p.incarnation.restore}`);
  services.provide('realtime', { doubt } as unknown as RealtimeApi);
  return { p, doubts, lost };
}

test('hubs compare with the history that the database has now', async () => {
  const { p, doubts } = await setUp();
  await database.sql.query(`update chat.incarnation set restore = 'another'`);
  await onReset(p, 'failover');
  expect(doubts).toEqual(['failover another']);
});

test('hubs doubt even when the database has gone again', async () => {
  const { p, doubts, lost } = await setUp();
  const { restore } = p.incarnation;
  const gone = async () => {
    throw new Error('gone');
  };
  await onReset({ ...p, sql: { ...p.sql, chat: { ...database.sql, query: gone } } }, 'slot lost');
  expect([doubts, lost.length]).toEqual([[`slot lost ${restore}`], 1]);
});

test('the timeline is the one that is written now', async () => {
  const [row] = await database.sql.query<{ name: string }>(`select pg_walfile_name(pg_current_wal_lsn()) as name`);
  expect((await loadIncarnation(database.sql)).timeline).toBe(Number.parseInt(row?.name.slice(0, 8) ?? '', 16));
});
