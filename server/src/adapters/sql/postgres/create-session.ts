import type pg from 'pg';
import { SqlError, type SqlSession } from '../../../ports/sql.ts';
import { toSqlError } from './to-sql-error.ts';

/** One connection of the pool as the port's session. */
export function createSession(client: pg.PoolClient): SqlSession {
  let broken = false;
  let released = false;
  let unanswered = 0;
  const lost = () => {
    broken = true;
  };
  client.on('error', lost);
  client.on('end', lost);

  return {
    async query<R extends object>(text: string, values?: readonly unknown[], name?: string): Promise<R[]> {
      if (released) throw new SqlError('The session was given back.', { sqlState: '', connection: true });
      unanswered += 1;
      try {
        return rowsOf<R>(text, await client.query(statement(text, values, name)));
      } catch (thrown) {
        const error = toSqlError(thrown);
        if (error.connection) broken = true;
        throw error;
      } finally {
        unanswered -= 1;
      }
    },
    get broken() {
      return broken;
    },
    release(destroy = false) {
      if (released) return;
      released = true;
      client.off('error', lost);
      client.off('end', lost);
      // an open transaction or an unread answer must not reach the next user of the connection
      const unclean = unanswered > 0 || client.getTransactionStatus() !== 'I';
      client.release(destroy || broken || unclean);
    },
  };
}

function statement(text: string, values: readonly unknown[] | undefined, name: string | undefined): pg.QueryConfig {
  return { text, ...(values && { values: values as unknown[] }), ...(name !== undefined && { name }) };
}

function rowsOf<R extends object>(text: string, result: pg.QueryResult | pg.QueryResult[]): R[] {
  // several statements in one text answer with a list; the last one speaks
  const last = Array.isArray(result) ? result.at(-1) : result;
  // committing an aborted transaction is answered with a rollback and without an error
  if (last?.command === 'ROLLBACK' && /^\s*(commit|end)\b/i.test(text)) {
    throw new SqlError('The transaction had failed and was rolled back.', { sqlState: '25P02', connection: false });
  }
  return (last?.rows ?? []) as R[];
}
