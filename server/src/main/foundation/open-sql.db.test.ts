import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import type { Sql } from '../../ports/sql.ts';
import { waitingAlone } from '../../services/chat/append/count-connections.ts';
import { parseOptions } from '../options.ts';
import { openPools } from './open-sql.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());

test('with many lanes, each with the connection it keeps, chat still reads and writes', async () => {
  const lanes = 16;
  const options = parseOptions({ 'commit-lanes': String(lanes) }, {});
  const sql = openPools({ of: { chat: database.url } }, ['chat'], options).chat as Sql;
  const kept = await Promise.all(Array.from({ length: lanes + waitingAlone }, () => sql.session()));
  try {
    const rows = await sql.transaction((tx) => tx.query('select restore from chat.incarnation'));
    expect(rows).toHaveLength(1);
  } finally {
    for (const session of kept) session.release();
    await sql.close();
  }
});
