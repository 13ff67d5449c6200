import pg from 'pg';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { createSession } from './create-session.ts';
import { toSqlError } from './to-sql-error.ts';
import { valueParsers } from './value-parsers.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port/database[?sslmode=…] */
  readonly url: string;
  /** Connections at the most; 10. */
  readonly max?: number;
  readonly applicationName?: string;
  /** The server cancels longer statements (SQLSTATE 57014); 0, the default: never. */
  readonly statementTimeoutMs?: number;
  /**
   * A statement that is not answered within this time ends its connection, as if it had been lost: a server that vanished without
   * a word would be waited for until TCP gives up. Longer than statementTimeoutMs; 0, the default: never.
   */
  readonly answerTimeoutMs?: number;
  /**
   * The server ends a connection that keeps a transaction open without a word for as long, and with it its locks: those of a
   * process that stands still, or of a machine that has vanished, would be kept for hours. 0, the default: never.
   */
  readonly idleInTransactionMs?: number;
  /** How long `close` waits for connections that are in use; 5,000. */
  readonly closeGraceMs?: number;
  /** Waiting for a connection, free or new, ends after this with a connection error; 10,000. */
  readonly connectTimeoutMs?: number;
  /** More settings of each connection, as for psql's PGOPTIONS: `-c name=value`. */
  readonly options?: string;
}

/**
 * What the value parsers rely on, and no jit: compiling costs a short statement more than running it (MESSAGE-PATH rule 1).
 */
const settings = '-c timezone=UTC -c datestyle=ISO -c bytea_output=hex -c jit=off';

/**
 * The SQL port over pg. Connections are opened when needed and again after a loss.
 *
 * Parameters: arrays bind to array types, nulls inside allowed (`$1::uuid[]`, `$1::int8[]`), an array of Buffers to `bytea[]`;
 * json parameters are given as text.
 */
export function createPostgres(o: PostgresOptions): Sql {
  const { url, options } = withoutOptions(o.url);
  const pool = new pg.Pool({
    connectionString: url,
    max: o.max ?? 10,
    pipeline: true,
    types: valueParsers,
    keepAlive: true,
    connectionTimeoutMillis: o.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 60_000,
    fallback_application_name: o.applicationName ?? 'parley',
    options: [settings, options, o.options].filter(Boolean).join(' '),
    ...(o.statementTimeoutMs && { statement_timeout: o.statementTimeoutMs }),
    ...(o.idleInTransactionMs && { idle_in_transaction_session_timeout: o.idleInTransactionMs }),
    ...(o.answerTimeoutMs && { query_timeout: o.answerTimeoutMs }),
  });
  // both would end the process if nobody listened; who uses the connection hears of it by its statement
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const session = async (): Promise<SqlSession> => {
    try {
      return createSession(await pool.connect());
    } catch (thrown) {
      throw toSqlError(thrown);
    }
  };
  let closing: Promise<void> | undefined;

  return {
    url: o.url,
    session,
    async query<R extends object>(text: string, values?: readonly unknown[], name?: string): Promise<R[]> {
      const one = await session();
      try {
        return await one.query<R>(text, values, name);
      } finally {
        one.release();
      }
    },
    async transaction<T>(work: (tx: SqlSession) => Promise<T>): Promise<T> {
      const tx = await session();
      try {
        await tx.query('begin');
        const result = await work(tx);
        await tx.query('commit');
        return result;
      } catch (thrown) {
        // when even this fails, `release` throws the connection away
        await tx.query('rollback').catch(() => {});
        throw thrown;
      } finally {
        tx.release();
      }
    },
    close() {
      closing ??= inTime(pool.end(), o.closeGraceMs ?? 5_000);
      return closing;
    },
  };
}

/** A connection that nobody gives back must not keep the program from ending. */
async function inTime(ended: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

/** pg lets `?options=` of the url replace the options given beside it, so they are taken out and added to ours. */
function withoutOptions(text: string): { url: string; options: string } {
  const url = new URL(text);
  const options = url.searchParams.get('options') ?? '';
  url.searchParams.delete('options');
  return { url: url.toString(), options };
}
