import assert from 'node:assert/strict';
import { type Sql, SqlError } from '../../src/ports/sql.ts';

/** One property of ports/sql. `check` throws when the adapter lacks it; the database is fresh for each. */
export interface SqlProperty {
  readonly name: string;
  check(sql: Sql): Promise<void>;
}

async function errorOf(work: Promise<unknown>): Promise<SqlError> {
  const thrown = await work.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof SqlError, `not a SqlError: ${thrown}`);
  return thrown;
}

const uuid = '0199a0b0-0000-7000-8000-00000000000a';

export const sqlProperties: readonly SqlProperty[] = [
  {
    name: 'values come in the promised types',
    async check(sql) {
      const [row] = await sql.query(
        `select 9007199254740991 as int8, '2026-01-02 03:04:05.678901+02'::timestamptz as at, '{"a":  1}'::json as json,
                '\\x00ff'::bytea as bytes, array['${uuid}', null]::uuid[] as uuids, 1.50 as numeric`,
      );
      assert.deepEqual(row, {
        int8: 9007199254740991,
        at: '2026-01-02T01:04:05.678Z',
        json: '{"a":  1}',
        bytes: Buffer.from([0, 255]),
        uuids: [uuid, null],
        numeric: '1.50',
      });
    },
  },
  {
    name: 'an int8 beyond 2^53 is refused',
    async check(sql) {
      assert.equal((await errorOf(sql.query('select 9007199254740993 as n'))).connection, false);
    },
  },
  {
    name: 'parameters arrive unchanged',
    async check(sql) {
      const texts = ['', 'NULL', null, 'a\\"b,{}', 'ü😀\n'];
      const bytes = [Buffer.from([0, 92, 255]), null];
      const [row] = await sql.query('select $1::text[] as texts, $2::int8[] as numbers, $3::bytea as bytes', [
        texts,
        [1, null, 9007199254740991],
        bytes[0],
      ]);
      assert.deepEqual(row, { texts, numbers: [1, null, 9007199254740991], bytes: bytes[0] });
      const rows = await sql.query<{ x: Buffer | null }>('select x from unnest($1::bytea[]) as t(x)', [bytes]);
      assert.deepEqual(
        rows.map(({ x }) => x),
        bytes,
      );
    },
  },
  {
    name: 'errors of the server carry SQLSTATE and constraint',
    async check(sql) {
      await sql.query('create table t (n int constraint only_once unique)');
      const { sqlState, constraint, connection } = await errorOf(sql.query('insert into t values (1), (1)'));
      assert.deepEqual(
        { sqlState, constraint, connection },
        { sqlState: '23505', constraint: 'only_once', connection: false },
      );
    },
  },
  {
    name: 'a lost connection says so, breaks its session and no other',
    async check(sql) {
      const session = await sql.session();
      const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
      await sql.query('select pg_terminate_backend($1, 5000)', [row?.pid]);
      assert.equal((await errorOf(session.query('select 1'))).connection, true);
      assert.equal(session.broken, true);
      session.release();
      assert.deepEqual(await sql.query('select 1 as one'), [{ one: 1 }]);
    },
  },
  {
    name: 'statements issued together run in order, each with its own snapshot, and fail alone',
    async check(sql) {
      const session = await sql.session();
      await session.query('create temp table t (n int)');
      const answers = await Promise.allSettled([
        session.query('insert into t values (1) returning n'),
        session.query('select 1/0'),
        session.query('select count(*) as n from t'),
        session.query('insert into t values (2) returning n'),
        session.query('select count(*) as n from t'),
      ]);
      assert.deepEqual(
        answers.map((answer) => (answer.status === 'fulfilled' ? answer.value[0]?.n : 'failed')),
        [1, 'failed', 1, 2, 2],
      );
      session.release();
    },
  },
  {
    name: 'a transaction is kept whole, or not at all when its work throws',
    async check(sql) {
      await sql.query('create table t (n int)');
      assert.equal(await sql.transaction(async (tx) => (await tx.query('insert into t values (1)')).length), 0);
      const thrown = new Error('no');
      const work = sql.transaction(async (tx) => {
        await tx.query('insert into t values (2)');
        throw thrown;
      });
      await assert.rejects(work, thrown);
      assert.deepEqual(await sql.query('select n from t'), [{ n: 1 }]);
    },
  },
  {
    name: 'a commit that was a rollback rejects',
    async check(sql) {
      const work = sql.transaction(async (tx) => {
        await tx.query('select 1/0').catch(() => {});
      });
      await errorOf(work);
    },
  },
  {
    name: 'a session given back in a transaction leaves nothing of it to the next',
    async check(sql) {
      await sql.query('create table t (n int)');
      const session = await sql.session();
      await session.query('begin');
      await session.query('insert into t values (1)');
      session.release();
      const next = await sql.session();
      assert.deepEqual(await next.query('select count(*) as n from t'), [{ n: 0 }]);
      next.release();
    },
  },
  {
    name: 'a statement with a name is prepared once per connection',
    async check(sql) {
      const session = await sql.session();
      for (let i = 0; i < 3; i++)
        assert.deepEqual(await session.query('select $1::int4 as n', [i], 'pick'), [{ n: i }]);
      assert.deepEqual(
        await session.query(
          `select name, generic_plans + custom_plans as runs from pg_prepared_statements where name = 'pick'`,
        ),
        [{ name: 'pick', runs: 3 }],
      );
      session.release();
    },
  },
];
