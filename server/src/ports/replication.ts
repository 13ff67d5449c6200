/**
 * The change stream of one PostgreSQL database as logical decoding gives it, before it becomes records of the bus. What is
 * abstracted is the connection and its wire format; slots and publications are PostgreSQL's own and the relay knows them.
 *
 * Values are converted as ports/sql says, except bytea, which comes as base64 text: rows travel as JSON.
 */
export interface Replication {
  /** One connection, used once: after any failure a fresh one is made. Rejects when the server does not let us in. */
  connect(options: ReplicationOptions): Promise<ReplicationConnection>;
  /** An ordinary connection, for statements while another one streams. */
  connectBeside(options: ReplicationOptions): Promise<SideConnection>;
}

export interface SideConnection {
  /** One statement; values come as text. Rejects when the connection is lost, or after ten seconds without an answer. */
  query(statement: string): Promise<Record<string, string | null>[]>;
  close(): Promise<void>;
}

export interface ReplicationOptions {
  readonly url: string;
  /** Shown in pg_stat_activity: by it the relay knows its own connections. */
  readonly applicationName: string;
}

export interface ReplicationConnection {
  /** Simple statements, before `stream` only: SQL or replication commands (IDENTIFY_SYSTEM …). Values come as text. */
  query(statement: string): Promise<Record<string, string | null>[]>;
  /** Rows of any table with values converted as in the stream; before `stream` only. */
  read(statement: string): Promise<Row[]>;
  /**
   * Begins to stream from the slot; resolves when the server has agreed. From then on the sink is called, in commit order,
   * until `onEnd`, which comes exactly once.
   */
  stream(request: StreamRequest, sink: ReplicationSink): Promise<void>;
  /** Tells the server that everything before this LSN is safe elsewhere. Never called with more than that. */
  confirm(lsn: bigint): void;
  /** Stops reading from the socket; what has been read is still handed over. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface StreamRequest {
  readonly slot: string;
  readonly publications: readonly string[];
  /** 0: where the slot stands. The server takes the later of the two. */
  readonly from: bigint;
}

export interface ReplicationSink {
  onTransaction(part: TransactionPart): void;
  /** The server has nothing before this LSN that it has not sent. `reply`: it wants to hear from us now. */
  onKeepalive(lsn: bigint, reply: boolean): void;
  /** The stream is over. A ReplicationError means that what came is not understood: going on would skip changes. */
  onEnd(reason: Error): void;
}

export type Row = Record<string, unknown>;

export interface Relation {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

export interface RowChange {
  readonly relation: Relation;
  readonly op: 'c' | 'u' | 'd';
  /** The old row, or its replica identity alone; null when neither was logged. */
  readonly before: Row | null;
  /** A TOAST value that did not change and is not in `before` reads model/change `unavailable`. */
  readonly after: Row | null;
}

/** A committed transaction, or a part of one that is too large to be held whole. */
export interface TransactionPart {
  /** LSN of the commit record: rises from transaction to transaction. */
  readonly commitLsn: bigint;
  /** What to confirm once this transaction is safe; null: further parts follow. */
  readonly endLsn: bigint | null;
  /** Of the transaction itself, not of its subtransactions: the lower 32 bits. */
  readonly xid: number;
  /** Unix milliseconds. */
  readonly committedAt: number;
  /** Number of the first change within its transaction. */
  readonly firstOrdinal: number;
  readonly changes: readonly RowChange[];
  /** On the wire. */
  readonly bytes: number;
  /** Tables somebody truncated, `schema.table`: nothing the bus has a word for. */
  readonly truncated: readonly string[];
}

/** The stream holds something this program does not understand. Not transient: reconnecting would read the same again. */
export class ReplicationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplicationError';
  }
}

/** PostgreSQL's way of writing an LSN, `16/B374D848`, and back. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

export function parseLsn(text: string): bigint {
  const [high, low, ...rest] = text.split('/');
  if (!high || !low || rest.length > 0) throw new ReplicationError(`"${text}" is not an LSN`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
