import type { Bus } from '../../ports/bus.ts';
import type { Relation, ReplicationConnection } from '../../ports/replication.ts';
import type { RelayDatabase } from './config.ts';
import { createRecorder } from './create-records.ts';

export interface SnapshotRequest {
  readonly database: RelayDatabase;
  readonly incarnation: string;
  /** LSN below which everything is in the snapshot. */
  readonly lsn: bigint;
  readonly pageRows: number;
  /** Called once, before the first row is published. */
  onFirstRow(): void;
  /** Unix milliseconds. */
  now(): number;
}

/**
 * Publishes every row of the published tables as op `r`, a page at a time; the connection stands in the snapshot's
 * transaction. Answers how many there were.
 */
export async function takeSnapshot(
  connection: ReplicationConnection,
  bus: Bus,
  request: SnapshotRequest,
): Promise<number> {
  const { database, incarnation, lsn, pageRows } = request;
  const createRecords = createRecorder({ db: database.name, incarnation });
  const names = database.publications.map((name) => `'${name}'`).join(',');
  const tables = await connection.query(
    `select distinct schemaname, tablename from pg_publication_tables where pubname in (${names}) order by 1, 2`,
  );
  let rows = 0;
  for (const { schemaname, tablename } of tables) {
    const schema = schemaname as string;
    const table = tablename as string;
    await connection.query(`declare page no scroll cursor for select * from "${schema}"."${table}"`);
    let relation: Relation | null = null;
    for (;;) {
      const page = await connection.read(`fetch ${pageRows} from page`);
      if (page.length === 0) break;
      if (rows === 0) request.onFirstRow();
      relation ??= { schema, table, columns: Object.keys(page[0] as object) };
      const from = relation;
      const changes = page.map((after) => ({ relation: from, op: 'r' as const, before: null, after }));
      // One below: the first commit after the snapshot may begin exactly at its LSN and has to count as newer.
      const commitLsn = lsn - 1n;
      const now = request.now();
      await bus.publish(createRecords({ commitLsn, committedAt: now, firstOrdinal: rows, changes }, now));
      rows += page.length;
    }
    await connection.query('close page');
  }
  return rows;
}
