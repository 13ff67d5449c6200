import { afterAll, beforeAll, expect, it } from 'vitest';
import { ownDatabaseServer, type TestDatabase } from '../../../../test-support/database.ts';
import { slotGauge } from './slot-gauge.ts';

let open: () => Promise<TestDatabase>;
let db: TestDatabase;
beforeAll(async () => {
  open = await ownDatabaseServer();
  db = await open();
});
afterAll(() => db.close());

async function limit(value: string) {
  await db.sql.query(`alter system set max_slot_wal_keep_size = '${value}'`);
  await db.sql.query('select pg_reload_conf()');
  await expect
    .poll(
      async () =>
        (await db.sql.query<{ s: string }>('show max_slot_wal_keep_size'))[0]?.['max_slot_wal_keep_size' as never],
    )
    .toBe(value);
}

it('is full when a slot holds 70 % of what it may keep', async () => {
  const gauge = slotGauge(db.sql);
  await limit('32MB');
  expect((await gauge.read()).state).toBe('roomy');
  await db.sql.query(`select pg_create_logical_replication_slot('idle', 'pgoutput')`);
  expect((await gauge.read()).state).toBe('roomy');
  await db.sql.query(
    `select pg_logical_emit_message(false, 'x', repeat('x', 1024 * 1024)) from generate_series(1, 26)`,
  );
  const reading = await gauge.read();
  expect([reading.state, reading.detail]).toEqual(['full', expect.stringMatching(/idle holds [78]\d %/)]);
  // the slot of another database of the same server is not ours to spare
  const other = await open();
  expect((await slotGauge(other.sql).read()).state).toBe('roomy');
  await other.close();
  await limit('1GB');
  expect((await gauge.read()).state).toBe('roomy');
  await limit('-1');
  expect((await gauge.read()).state).toBe('roomy');
});
