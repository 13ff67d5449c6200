import { type Sql, SqlError, type SqlSession } from '../../src/ports/sql.ts';

type Query = SqlSession['query'];

/** The adapter with every query, and every session, seen through `change`. */
function through(sql: Sql, change: (query: Query) => Query): Sql {
  const wrap = (session: SqlSession): SqlSession => ({
    query: change((text, values, name) => session.query(text, values, name)),
    get broken() {
      return session.broken;
    },
    release: (destroy) => session.release(destroy),
  });
  return {
    ...sql,
    query: change((text, values, name) => sql.query(text, values, name)),
    session: async () => wrap(await sql.session()),
    transaction: (work) => sql.transaction((tx) => work(wrap(tx))),
  };
}

const mapError = (sql: Sql, map: (error: SqlError) => unknown): Sql =>
  through(sql, (query) => async (text, values, name) => {
    try {
      return await query(text, values, name);
    } catch (error) {
      throw map(error as SqlError);
    }
  });

const mapValue = (sql: Sql, map: (value: unknown) => unknown): Sql =>
  through(sql, (query) => async (text, values, name) => {
    const rows = await query<Record<string, unknown>>(text, values, name);
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, map(value)]))) as never;
  });

/** Ways an adapter can be wrong, to prove that the suite notices. */
export const sqlFaults = {
  'dates come as Date': (sql: Sql) =>
    mapValue(sql, (value) => (typeof value === 'string' && /^\d{4}-.*Z$/.test(value) ? new Date(value) : value)),
  'big numbers are rounded': (sql: Sql) =>
    through(
      sql,
      (query) => (text, values, name) => query(text.replace(/^select (\d{16}) /, `select '$1'::float8 `), values, name),
    ),
  'nulls in arrays become empty': (sql: Sql) =>
    through(sql, (query) => (text, values, name) => {
      // of texts: in an array of numbers PostgreSQL itself would refuse them
      const ofTexts = (value: unknown): value is unknown[] => Array.isArray(value) && typeof value[0] === 'string';
      const filled = values?.map((value) => (ofTexts(value) ? value.map((item) => item ?? '') : value));
      return query(text, filled, name);
    }),
  'the SQLSTATE is lost': (sql: Sql) =>
    mapError(sql, (error) => new SqlError(error.message, { sqlState: '', connection: error.connection })),
  'a lost connection looks like a failed statement': (sql: Sql) =>
    mapError(
      sql,
      ({ message, sqlState, constraint }) => new SqlError(message, { sqlState, connection: false, constraint }),
    ),
  'statements overtake each other': (sql: Sql) =>
    through(sql, (query) => async (text, values, name) => {
      if (text.startsWith('insert')) await new Promise((resolve) => setImmediate(resolve));
      return query(text, values, name);
    }),
  'a throw commits': (sql: Sql): Sql => ({
    ...sql,
    async transaction(work) {
      let thrown: unknown;
      const result = await sql.transaction((tx) =>
        work(tx).catch((error: unknown) => {
          thrown = error;
        }),
      );
      if (thrown !== undefined) throw thrown;
      return result as never;
    },
  }),
  'a failed commit resolves': (sql: Sql): Sql => ({
    ...sql,
    transaction: (work) =>
      sql.transaction(work).catch((error: unknown) => {
        if (!(error instanceof SqlError && error.sqlState === '25P02')) throw error;
        return undefined as never;
      }),
  }),
  'a released session stays in its transaction': (sql: Sql): Sql => {
    let kept: Promise<SqlSession> | undefined;
    return {
      ...sql,
      async session() {
        kept ??= sql.session();
        const session = await kept;
        return { query: (text, values, name) => session.query(text, values, name), broken: false, release() {} };
      },
    };
  },
  'names are ignored': (sql: Sql) => through(sql, (query) => (text, values) => query(text, values)),
} as const;

export type SqlFault = keyof typeof sqlFaults;

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<SqlFault, readonly string[]>> = {
  'a released session stays in its transaction': ['a lost connection'],
};
