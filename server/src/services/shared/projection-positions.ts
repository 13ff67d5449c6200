import type { Version } from '../../model/change.ts';
import type { Sql, SqlSession } from '../../ports/sql.ts';

/** One history of one database, as far as a projection is concerned. */
export interface Source {
  readonly database: string;
  readonly incarnation: string;
}

/**
 * The table `projection_positions` of a service's schema: how far a projection has come, by database and incarnation (rule 9),
 * because LSNs of two of them say nothing about each other.
 */
export interface ProjectionPositions {
  load(source: Source): Promise<Version | null>;
  /**
   * In the transaction of the effects. Rejects with a null violation when another position than `before` is stored: somebody, maybe
   * an attempt of our own whose outcome was unknown, has applied changes since.
   */
  store(tx: SqlSession, source: Source, version: Version, before: Version | null): Promise<unknown>;
}

export function createProjectionPositions(sql: Sql, schema: string, projection: string): ProjectionPositions {
  const table = `${schema}.projection_positions`;
  return {
    async load({ database, incarnation }) {
      // '': of the release before, which did not keep the database; each of its projections read a single one
      const [row] = await sql.query<{ lsn: string; ordinal: number }>(
        `select p.lsn::text as lsn, p.ordinal from ${table} p
         where p.projection = $1 and p.database in ($2, '') and p.incarnation = $3
         order by p.lsn desc, p.ordinal desc limit 1`,
        [projection, database, incarnation],
      );
      return row ? { incarnation, lsn: BigInt(row.lsn), ordinal: row.ordinal } : null;
    },
    store(tx, { database, incarnation }, { lsn, ordinal }, before) {
      return tx.query(
        `insert into ${table} as p (projection, database, incarnation, lsn, ordinal) values ($1, $2, $3, $4, $5)
         on conflict (projection, database, incarnation) do update set
           lsn = case when p.lsn = $6::numeric and p.ordinal = $7::int4 then excluded.lsn end, ordinal = excluded.ordinal`,
        [
          projection,
          database,
          incarnation,
          lsn.toString(),
          ordinal,
          before?.lsn.toString() ?? null,
          before?.ordinal ?? null,
        ],
        `${schema}-projection-position`,
      );
    },
  };
}
