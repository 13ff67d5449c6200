/**
 * A committed row change in Debezium's shape (PROTOCOL "Bus"): the value of every record on the bus, whether our relay or a
 * real Debezium wrote it.
 */
export interface Change<Row extends object = Record<string, unknown>> {
  /** The old row of an update or deletion, where the table's replica identity gives it; else null. */
  readonly before: Row | null;
  /** The new row; null for a deletion. A value that was too large and did not change reads `unavailable`. */
  readonly after: Row | null;
  readonly source: ChangeSource;
  /** c created, u updated, d deleted, r read by a snapshot. */
  readonly op: 'c' | 'u' | 'd' | 'r';
  /** When the relay handled it, Unix milliseconds. */
  readonly ts_ms: number;
}

export interface ChangeSource {
  readonly db: string;
  readonly schema: string;
  readonly table: string;
  /** Commit LSN as a decimal string. */
  readonly lsn: string;
  /** Number of the change within its transaction, from 0. */
  readonly ordinal: number;
  /** Which history of the database this LSN belongs to (model/position encodeIncarnation). */
  readonly incarnation: string;
  /** When it was committed, Unix milliseconds. */
  readonly ts_ms: number;
  readonly snapshot: boolean;
}

/** Debezium's marker for a TOAST value that did not change and was therefore not logged. */
export const unavailable = '__debezium_unavailable_value';

/** A change's place in the stream of its database. Comparable only within one incarnation. */
export interface Version {
  readonly incarnation: string;
  readonly lsn: bigint;
  readonly ordinal: number;
}

export function versionOf(change: Change<object>): Version {
  return { incarnation: change.source.incarnation, lsn: BigInt(change.source.lsn), ordinal: change.source.ordinal };
}

/** True when `a` comes after `b`; a version of another incarnation always counts as newer (rule 9). */
export function isNewer(a: Version, b: Version | null): boolean {
  if (!b || a.incarnation !== b.incarnation) return true;
  return a.lsn !== b.lsn ? a.lsn > b.lsn : a.ordinal > b.ordinal;
}
