import type { Change } from '../../model/change.ts';
import type { BusRecord } from '../../ports/bus.ts';
import type { Relation, Row, RowChange, TransactionPart } from '../../ports/replication.ts';

/** The first of these that a table has is what its records are ordered by; chat.conversations has only the last. */
const keyColumns = ['conversation_id', 'account_id', 'owner_id', 'user_id', 'id'] as const;

export interface Origin {
  /** Name of the database. */
  readonly db: string;
  /** model/position encodeIncarnation. */
  readonly incarnation: string;
}

/** Where the records of a table go: topic and key column. */
interface Route {
  readonly topic: string;
  readonly keyColumn: string | undefined;
}

/** The records of committed row changes, in Debezium's shape, in order. `now`: Unix milliseconds. */
export type CreateRecords = (changes: Changes, now: number) => BusRecord[];

/** A TransactionPart, or a page of a snapshot. */
export interface Changes extends Pick<TransactionPart, 'commitLsn' | 'committedAt' | 'firstOrdinal'> {
  readonly changes: readonly (Omit<RowChange, 'op'> & { readonly op: RowChange['op'] | 'r' })[];
}

/** Remembers what belongs to a table for as long as its relation is the same object: one per connection. */
export function createRecorder({ db, incarnation }: Origin): CreateRecords {
  const routes = new Map<Relation, Route>();

  function routeOf(relation: Relation): Route {
    let route = routes.get(relation);
    if (!route) {
      const keyColumn = keyColumns.find((column) => relation.columns.includes(column));
      route = { topic: `parley.${relation.schema}`, keyColumn };
      routes.set(relation, route);
    }
    return route;
  }

  return (part, now) => {
    const lsn = part.commitLsn.toString();
    let ordinal = part.firstOrdinal;
    return part.changes.map(({ relation, op, before, after }) => {
      const { topic, keyColumn } = routeOf(relation);
      const { schema, table } = relation;
      const source = {
        db,
        schema,
        table,
        lsn,
        ordinal: ordinal++,
        incarnation,
        ts_ms: part.committedAt,
        snapshot: op === 'r',
      };
      const value: Change<object> = { before, after, source, op, ts_ms: now };
      return { topic, key: keyOf((after ?? before) as Row, keyColumn), value };
    });
  };
}

function keyOf(row: Row, keyColumn: string | undefined): string {
  const key = keyColumn === undefined ? undefined : row[keyColumn];
  if (typeof key === 'string') return key;
  // A deletion may come with its primary key alone: then that is what it is known by.
  return String(key ?? Object.values(row).find((value) => value !== null));
}
