import pg from 'pg';
import { SqlError } from '../../../ports/sql.ts';

/** 57P01–57P03: the server goes down or is not up yet; class 08: connection exceptions. */
const ofTheConnection = /^(08...|57P0[1235])$/;

/**
 * What the driver threw, as the port's error. The driver's own errors mean that the connection is lost or could not be had,
 * except those for a statement it refused to send: retrying these would never end.
 */
export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  if (thrown instanceof pg.DatabaseError) {
    const sqlState = thrown.code ?? '';
    const connection = thrown.severity === 'FATAL' || thrown.severity === 'PANIC' || ofTheConnection.test(sqlState);
    return new SqlError(thrown.message, { sqlState, connection, constraint: thrown.constraint, cause: thrown });
  }
  const refused =
    thrown instanceof TypeError || (thrown instanceof Error && /^(Prepared|Query values|A query)/.test(thrown.message));
  return new SqlError(textOf(thrown), { sqlState: refused ? '42000' : '', connection: !refused, cause: thrown });
}

/** Connecting to a name with several addresses fails with an AggregateError whose own message is empty. */
function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.message || String('code' in thrown ? thrown.code : thrown.name);
}
