import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { migrate, migrationsFolder } from '../../adapters/sql/migrate.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../kernel/metrics.ts';
import type { Bus, BusRecord } from '../../ports/bus.ts';
import { type Sql, SqlError } from '../../ports/sql.ts';
import { createProjection, type Fold, type ProjectionDeps } from './projection.ts';

const group = 'counted';
const counted = 'create table if not exists counted (n integer primary key, times integer not null)';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
  await database.sql.query(counted);
});
afterAll(() => database.close());
beforeEach(() => database.sql.query('truncate counted, chat.projection_positions'));

/** Replaying a record shows: it is counted, and not every record concerns the projection. */
const fold: Fold = (changes) => {
  const numbers = changes.flatMap(({ source, after }) => (source.table === 'x' ? [(after as { n: number }).n] : []));
  if (numbers.length === 0) return null;
  return async (tx) => {
    await tx.query(
      `insert into counted select n, 1 from unnest($1::int[]) n
       on conflict (n) do update set times = counted.times + 1`,
      [numbers],
    );
  };
};

const busOf = (durable: boolean) => ({ guarantees: { durable } }) as Bus;

function open(more: Partial<ProjectionDeps> & { readonly fold?: Fold } = {}) {
  const deps = { sql: database.sql, bus: busOf(false), metrics: noMetrics, clock: systemClock, ...more };
  return createProjection(deps, { group, topics: [], schema: 'chat', fold: more.fold ?? fold });
}

function recordOf(
  n: number,
  lsn: number,
  source: { db?: string; incarnation?: string; table?: string } = {},
): BusRecord {
  const of = { db: 'a', schema: 's', table: 'x', incarnation: '1', ...source, ordinal: 0, ts_ms: 0, snapshot: false };
  const value = { before: null, after: { n }, source: { ...of, lsn: String(lsn) }, op: 'c' as const, ts_ms: 0 };
  return { topic: 't', key: 'k', value };
}

const readCounts = async (sql: Sql = database.sql) =>
  (await sql.query<{ n: number; times: number }>('select n, times from counted order by n')).map((r) => [r.n, r.times]);

/** The next commit is done, and its answer is lost with the connection. */
function createLossySql(sql: Sql) {
  const lossy = { losing: false };
  const session: Sql['session'] = async () => {
    const own = await sql.session();
    const query: typeof own.query = async (text, ...rest) => {
      const rows = await own.query<never>(text, ...rest);
      if (text !== 'commit' || !lossy.losing) return rows;
      lossy.losing = false;
      throw new SqlError('The connection was lost.', { sqlState: '', connection: true });
    };
    return { query, broken: false, release: own.release };
  };
  return { lossy, sql: { ...sql, session } };
}

/** A database whose changes come one after another; another history begins at a lower LSN. */
class Stream {
  readonly records: BusRecord[] = [];
  private readonly db: string;
  private incarnation = 1;
  private lsn = 100;

  constructor(db: string) {
    this.db = db;
  }

  beginAnew(): void {
    this.incarnation++;
    this.lsn = 1;
  }

  add(n: number): void {
    const source = { db: this.db, incarnation: String(this.incarnation), table: n % 3 === 0 ? 'other' : 'x' };
    this.records.push(recordOf(n, this.lsn++, source));
  }
}

const step = fc.record({
  of: fc.constantFrom<'a' | 'b'>('a', 'b'),
  anew: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  fresh: fc.nat(4),
  again: fc.nat(6),
  /** Of the other database, in between. */
  others: fc.nat(3),
  fate: fc.constantFrom<'done' | 'refused' | 'lost' | 'killed'>('done', 'refused', 'lost', 'killed'),
});

describe('a projection applies every change once', () => {
  test('over replays, several databases, new incarnations and crashes at any moment', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await database.sql.query('truncate counted, chat.projection_positions');
      const streams = { a: new Stream('a'), b: new Stream('b') };
      const { lossy, sql } = createLossySql(database.sql);
      const state = { refusing: false };
      const refusable: Fold = (changes) => {
        const write = fold(changes);
        if (!write || !state.refusing) return write;
        state.refusing = false;
        return async (tx) => {
          await Promise.all([write(tx), tx.query('select pg_terminate_backend(pg_backend_pid())')]);
        };
      };
      let projection = open({ sql, fold: refusable });
      let last = 0;
      for (const { of, anew, fresh, again, others, fate } of steps) {
        const stream = streams[of];
        if (anew) stream.beginAnew();
        for (let i = 0; i < fresh; i++) stream.add(++last);
        const own = stream.records.slice(-(again + fresh) || stream.records.length);
        const strange = streams[of === 'a' ? 'b' : 'a'].records.slice(-others || Number.MAX_SAFE_INTEGER);
        const batch = own.flatMap((record, i) => (strange[i] ? [strange[i], record] : [record]));
        lossy.losing = fate === 'lost';
        state.refusing = fate === 'refused';
        const failed = await projection.apply(batch).then(
          () => false,
          () => true,
        );
        lossy.losing = false;
        state.refusing = false;
        if (fate === 'killed') projection = open({ sql, fold: refusable });
        // What failed is handed over again, and so is what a process that has died never confirmed.
        if (failed || fate === 'killed') await projection.apply(batch);
        const all = Array.from({ length: last }, (_, i) => i + 1).filter((n) => n % 3 !== 0);
        expect(await readCounts()).toEqual(all.map((n) => [n, 1]));
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('when an attempt of somebody else was written in between', async () => {
    const [mine, other] = [open(), open()];
    await mine.apply([recordOf(1, 10)]);
    await other.apply([recordOf(1, 10), recordOf(2, 11)]);
    const batch = [recordOf(2, 11), recordOf(4, 12)];
    await expect(mine.apply(batch)).rejects.toMatchObject({ code: 'service.unavailable' });
    await mine.apply(batch);
    expect(await readCounts()).toEqual([
      [1, 1],
      [2, 1],
      [4, 1],
    ]);
  });

  test('and begins where the release before had come', async () => {
    const old = await openTestDatabase([]);
    const { sql } = old;
    const run = (only?: (name: string) => boolean) =>
      migrate(sql, { dir: migrationsFolder(), services: ['chat'], log: silentLog, ...(only && { only }) });
    const keep = (lsn: number) =>
      sql.query(
        `insert into chat.consumer_positions (consumer, incarnation, lsn, ordinal) values ($1, '1', $2, 0)
         on conflict (consumer) do update set lsn = excluded.lsn`,
        [group, lsn],
      );
    try {
      await run((name) => name < 'chat/0004');
      await keep(10);
      await run();
      // A process of the release before goes on beside the new schema.
      await keep(11);
      await sql.query(counted);
      for (const projection of [open({ sql }), open({ sql })]) {
        await projection.apply([recordOf(1, 9), recordOf(2, 10), recordOf(4, 11)]);
        await projection.apply([recordOf(5, 1, { db: 'b', incarnation: '2' })]);
      }
      expect(await readCounts(sql)).toEqual([
        [4, 1],
        [5, 1],
      ]);
    } finally {
      await old.close();
    }
  });
});

test('of a broker, an older record may be new, and no position is kept', async () => {
  const projection = open({ bus: busOf(true) });
  await projection.apply([recordOf(5, 5)]);
  await projection.apply([recordOf(4, 3), recordOf(7, 5, { db: 'b' })]);
  expect((await readCounts()).length).toBe(3);
  expect(await database.sql.query('select * from chat.projection_positions')).toEqual([]);
});

test('what the database will never take is refused for good, an outage is not', async () => {
  const failing = (statement: string) =>
    open({
      fold: () => async (tx) => {
        await tx.query(statement);
      },
    }).apply([recordOf(1, 1)]);
  await expect(failing('select 1/0')).rejects.toMatchObject({ code: 'request.invalid' });
  await expect(failing('select pg_terminate_backend(pg_backend_pid())')).rejects.toBeInstanceOf(SqlError);
});

test('the lag of each is told by its name: of what is in hand, then of what was taken in', async () => {
  const told: unknown[] = [];
  const gauge: Metrics['gauge'] = (name, _help, labels) => ({ set: (n) => void told.push([name, labels, n]) });
  const clock = { ...systemClock, wall: () => 9_000 };
  const aged = (record: BusRecord, ts_ms: number): BusRecord => ({
    ...record,
    value: { ...record.value, source: { ...record.value.source, ts_ms } },
  });
  await open({ metrics: { ...noMetrics, gauge }, clock }).apply([
    aged(recordOf(1, 1), 2_000),
    aged(recordOf(2, 2), 8_500),
  ]);
  const lag = ['parley_projection_lag_seconds', { projection: group }];
  expect(told).toEqual([
    [...lag, 7],
    [...lag, 0.5],
  ]);
});
