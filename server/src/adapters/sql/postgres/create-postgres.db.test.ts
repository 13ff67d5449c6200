import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test-support/database.ts';
import { SqlError } from '../../../ports/sql.ts';
import { createPostgres } from './create-postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase([]);
});
afterAll(() => db.close());

const one = async (expression: string, values: unknown[] = []) => {
  const [row] = await db.sql.query<{ value: unknown }>(`select ${expression} as value`, values);
  return row?.value;
};

async function errorOf(work: Promise<unknown>): Promise<SqlError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SqlError)) throw new Error(`no SqlError but ${error}`);
  return error;
}

describe('values from the server', () => {
  const uuid = '0199a0b0-0000-7000-8000-00000000000a';
  const cases: [string, unknown][] = [
    ['9007199254740991::int8', 9007199254740991],
    ['-9007199254740991::int8', -9007199254740991],
    ['7::int4', 7],
    ['count(*)', 1],
    ['1.50::numeric', '1.50'],
    ['true', true],
    [`'{"a":  1}'::json`, '{"a":  1}'],
    [`'{"a":  1}'::jsonb`, '{"a": 1}'],
    [`'\\x00ff5c'::bytea`, Buffer.from([0, 255, 92])],
    [`'${uuid}'::uuid`, uuid],
    [`array['${uuid}', null]::uuid[]`, [uuid, null]],
    ['array[1, null, 9007199254740991]::int8[]', [1, null, 9007199254740991]],
    [`array['a,"b\\', null, 'NULL', '']`, ['a,"b\\', null, 'NULL', '']],
    [`'2026-01-02 03:04:05.678901+02'::timestamptz`, '2026-01-02T01:04:05.678Z'],
    [`'2026-01-02 03:04:05.6+00'::timestamptz`, '2026-01-02T03:04:05.600Z'],
    [`'2026-01-02 03:04:05+00'::timestamptz`, '2026-01-02T03:04:05.000Z'],
    [`'1883-01-01 12:00:00 Europe/Berlin'::timestamptz`, '1883-01-01T11:06:32.000Z'],
    [`array['2026-01-02 03:04:05+00']::timestamptz[]`, ['2026-01-02T03:04:05.000Z']],
    ['null::int8', null],
  ];
  it.each(cases)('%s', async (expression, value) => {
    expect(await one(expression)).toEqual(value);
  });

  it.each([
    ['9007199254740992::int8', '22003'],
    [`'infinity'::timestamptz`, '22008'],
    [`'12026-01-01'::timestamptz`, '22008'],
    [`'0044-03-15 BC'::timestamptz`, '22008'],
  ])('%s is refused, and the connection stays usable', async (expression, sqlState) => {
    const session = await db.sql.session();
    const error = await errorOf(session.query(`select ${expression} as value`));
    expect([error.sqlState, error.connection]).toEqual([sqlState, false]);
    expect(await session.query('select 1 as one')).toEqual([{ one: 1 }]);
    session.release();
  });
});

describe('parameters', () => {
  it.each<[string, unknown, unknown]>([
    ['$1::int8[]', [1, null, 3], [1, null, 3]],
    ['$1::text[]', ['', 'NULL', null, 'a\\"b,{}', 'ü😀'], ['', 'NULL', null, 'a\\"b,{}', 'ü😀']],
    ['$1::timestamptz', '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
    ['$1::bytea', Buffer.from([0, 1, 255]), Buffer.from([0, 1, 255])],
  ])('%s', async (expression, given, back) => {
    expect(await one(expression, [given])).toEqual(back);
  });

  it('an array of Buffers is a bytea[]', async () => {
    const rows = await db.sql.query('select x from unnest($1::bytea[]) with ordinality as t(x, i) order by i', [
      [Buffer.from([0, 92, 255]), null, Buffer.alloc(0)],
    ]);
    expect(rows.map((row) => row.x)).toEqual([Buffer.from([0, 92, 255]), null, Buffer.alloc(0)]);
  });
});

describe('sessions', () => {
  it('pipelines: statements sent together are answered in order, each with its own snapshot', async () => {
    const session = await db.sql.session();
    await session.query('create temp table t (n int)');
    const answers = await Promise.all([
      session.query('insert into t values ($1) returning n', [1], 'ins'),
      session.query('insert into t values ($1) returning n', [2], 'ins'),
      session.query('select count(*) as n from t'),
    ]);
    expect(answers).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 2 }]]);
    session.release();
  });

  it('gives errors with SQLSTATE and constraint, and a failed statement does not fail those behind it', async () => {
    const session = await db.sql.session();
    await session.query('create temp table u (n int constraint once unique)');
    const first = session.query('insert into u values (1), (1)');
    const second = session.query('select 1 as one');
    const error = await errorOf(first);
    expect([error.sqlState, error.constraint, error.connection]).toEqual(['23505', 'once', false]);
    expect(await second).toEqual([{ one: 1 }]);
    expect(session.broken).toBe(false);
    session.release();
  });

  it('is broken after the server ended it, and the pool opens another', async () => {
    const session = await db.sql.session();
    const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
    const slow = errorOf(session.query('select pg_sleep(60)'));
    await db.sql.query('select pg_terminate_backend($1)', [row?.pid]);
    const error = await slow;
    expect([error.connection, error.sqlState]).toEqual([true, '57P01']);
    expect(session.broken).toBe(true);
    session.release();
    expect(await one('1')).toBe(1);
  });

  it('an idle session learns of its end', async () => {
    const session = await db.sql.session();
    const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
    await db.sql.query('select pg_terminate_backend($1, 5000)', [row?.pid]);
    const error = await errorOf(session.query('select 1'));
    expect(error.connection).toBe(true);
    expect(session.broken).toBe(true);
    session.release();
  });

  it('a session given back in a transaction takes it along', async () => {
    const sql = createPostgres({ url: db.url, max: 1 });
    const session = await sql.session();
    await session.query('create temp table gone (n int)');
    await session.query('begin');
    session.release();
    expect(await sql.query(`select to_regclass('gone') as t, now() = statement_timestamp() as outside`)).toEqual([
      { t: null, outside: true },
    ]);
    await sql.close();
  });

  it('runs in UTC without jit, keeps options of the url and the time-out', async () => {
    const sql = createPostgres({ url: `${db.url}?options=-c%20work_mem%3D5MB`, statementTimeoutMs: 2_000 });
    expect(
      await sql.query(
        `select current_setting('timezone') as tz, current_setting('jit') as jit, current_setting('work_mem') as mem`,
      ),
    ).toEqual([{ tz: 'UTC', jit: 'off', mem: '5MB' }]);
    expect((await errorOf(sql.query('select pg_sleep(60)'))).sqlState).toBe('57014');
    await sql.close();
  });

  it('says that nobody listens', async () => {
    const sql = createPostgres({ url: 'postgres://nobody@127.0.0.1:1/none' });
    const error = await errorOf(sql.query('select 1'));
    expect([error.connection, error.sqlState, error.message]).toEqual([
      true,
      '',
      expect.stringContaining('ECONNREFUSED'),
    ]);
    await sql.close();
  });

  it('one name for two statements is a mistake, not a lost connection', async () => {
    const session = await db.sql.session();
    await session.query('select 1', [], 'same');
    expect((await errorOf(session.query('select 2', [], 'same'))).connection).toBe(false);
    session.release();
  });
});

describe('transactions', () => {
  it('commit what was done and roll back on any throw', async () => {
    await db.sql.query('create table kept (n int)');
    expect(
      await db.sql.transaction(async (tx) => (await tx.query('insert into kept values (1) returning n'))[0]),
    ).toEqual({
      n: 1,
    });
    const failed = db.sql.transaction(async (tx) => {
      await tx.query('insert into kept values (2)');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await db.sql.query('select n from kept')).toEqual([{ n: 1 }]);
  });

  it('a swallowed error does not pass for a commit', async () => {
    const error = await errorOf(
      db.sql.transaction(async (tx) => {
        await tx.query('insert into kept values (3)');
        await tx.query('select 1/0').catch(() => {});
      }),
    );
    expect(error.sqlState).toBe('25P02');
  });
});

describe('time limits', () => {
  it('a statement that takes too long is cancelled by the server', async () => {
    const sql = createPostgres({ url: db.url, statementTimeoutMs: 50 });
    expect(await errorOf(sql.query('select pg_sleep(60)'))).toMatchObject({ sqlState: '57014', connection: false });
    await sql.close();
  });

  it('a server that does not answer counts as lost, with everything sent after it', async () => {
    const sql = createPostgres({ url: db.url, max: 1, answerTimeoutMs: 2_000 });
    const session = await sql.session();
    const lost = [session.query('select pg_sleep(60)'), session.query('select 1')].map(errorOf);
    expect(await Promise.all(lost)).toMatchObject([{ connection: true }, { connection: true }]);
    expect(session.broken).toBe(true);
    session.release();
    expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }]);
    await sql.close();
  });

  it('a transaction that stands still loses its connection, and others get its locks', async () => {
    await db.sql.query('create table locked (n int)');
    await db.sql.query('insert into locked values (1)');
    const sql = createPostgres({ url: db.url, idleInTransactionMs: 100 });
    const session = await sql.session();
    await session.query('begin');
    await session.query('update locked set n = 2');
    expect(await db.sql.query('update locked set n = n + 2 returning n')).toEqual([{ n: 3 }]);
    expect(await errorOf(session.query('commit'))).toMatchObject({ connection: true });
    session.release();
    expect(await sql.query('select n from locked')).toEqual([{ n: 3 }]);
    await sql.close();
  });

  it('a session that is never given back does not hold up the end', async () => {
    const sql = createPostgres({ url: db.url, closeGraceMs: 50 });
    const session = await sql.session();
    await sql.close();
    session.release(true);
  });
});
