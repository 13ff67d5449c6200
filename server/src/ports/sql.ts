import { type ErrorCode, type Failure, fail, toFailure } from '../kernel/errors.ts';

/**
 * PostgreSQL by its own dialect (≥ 15): the services write SQL and rely on READ COMMITTED snapshots, row locks, unnest and
 * logical replication; what is abstracted is only the driver.
 *
 * Guarantees: a resolved `commit` is durable (fsync). Errors of the server surface as SqlError with their SQLSTATE; a lost
 * connection as SqlError with `connection: true`, and then the outcome of a commit in flight is unknown.
 * Values: int8 comes as number (refused beyond 2^53), timestamptz as ISO 8601 text in UTC with milliseconds, json as text,
 * bytea as Buffer, uuid[] as string[]. Statements with a `name` are prepared once per connection.
 */
export interface Sql {
  query<R extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<R[]>;
  /** Runs `work` between begin and commit on one connection; any throw rolls back. */
  transaction<T>(work: (tx: SqlSession) => Promise<T>): Promise<T>;
  /**
   * A connection of one's own, kept until `release`: for the committer's lanes and advisory locks. Statements issued without
   * awaiting are pipelined: sent at once, executed in order, each with its own snapshot.
   */
  session(): Promise<SqlSession>;
  /** For the relay's replication connection. */
  readonly url: string;
  close(): Promise<void>;
}

export interface SqlSession {
  query<R extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<R[]>;
  /** True once the connection is lost; such a session can only be released. */
  readonly broken: boolean;
  /** Gives the connection back, or away when `destroy` (after an error whose state is unknown). */
  release(destroy?: boolean): void;
}

export class SqlError extends Error {
  /** Five characters, or '' when the connection was lost before the server could say. */
  readonly sqlState: string;
  readonly connection: boolean;
  readonly constraint: string | undefined;
  constructor(
    message: string,
    o: { sqlState: string; connection: boolean; constraint?: string | undefined; cause?: unknown },
  ) {
    super(message, { cause: o.cause });
    this.name = 'SqlError';
    this.sqlState = o.sqlState;
    this.connection = o.connection;
    this.constraint = o.constraint;
  }
}

/**
 * What a database error means to the caller of a service: only our own mistakes read `internal`. An outage, a full disk and a
 * statement that took too long say that the same request may succeed later.
 */
export function codeOfSqlError({ connection, sqlState }: SqlError): ErrorCode {
  if (sqlState === '53100') return 'storage.full';
  // 25006: the server has become a standby; class 40: chosen as the victim of a conflict, nothing was written
  if (connection || /^(25006|40...)$/.test(sqlState)) return 'service.unavailable';
  if (sqlState.startsWith('53')) return 'service.overloaded';
  if (sqlState === '57014' || sqlState === '55P03') return 'service.timeout';
  return 'internal';
}

/** Any thrown thing as a Failure, database errors by their meaning. */
export function toFailureOfSql(thrown: unknown): Failure {
  if (!(thrown instanceof SqlError)) return toFailure(thrown);
  const code = codeOfSqlError(thrown);
  return fail(code, { cause: thrown, ...(code !== 'internal' && { retryAfterMs: 1_000 }) });
}
