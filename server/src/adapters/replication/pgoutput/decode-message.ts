import { unavailable } from '../../../model/change.ts';
import {
  type Relation,
  ReplicationError,
  type Row,
  type RowChange,
  type TransactionPart,
} from '../../../ports/replication.ts';
import { type DecodeValue, decoderOf } from './decode-value.ts';

/** A transaction beyond this comes in parts: rows, or bytes on the wire. Business transactions stay far below (rule 13). */
export const defaultPartLimits = { rows: 10_000, bytes: 32 << 20 } as const;

interface KnownRelation extends Relation {
  readonly decoders: readonly DecodeValue[];
  /** Of the replica identity, for old tuples that hold nothing else. */
  readonly isKey: readonly boolean[];
  /** All columns, null: copied for each row, so that rows of a table share one hidden class. */
  readonly blank: Row;
}

/** Milliseconds between the epochs of Unix and PostgreSQL. */
const postgresEpoch = 946_684_800_000;

/**
 * Decoder of pgoutput, protocol version 1 (PostgreSQL manual, "Logical Replication Message Formats"): feed it the payload of
 * every XLogData message in order; it hands whole transactions to `onTransaction`. Anything it does not understand throws a
 * ReplicationError: no change is ever skipped. One decoder per connection, as the server announces relations anew.
 */
export function createDecoder(
  onTransaction: (part: TransactionPart) => void,
  limits: { readonly rows: number; readonly bytes: number } = defaultPartLimits,
): (message: Buffer) => void {
  const relations = new Map<number, KnownRelation>();
  let commitLsn: bigint | null = null;
  let committedAt = 0;
  let xid = 0;
  let firstOrdinal = 0;
  let bytes = 0;
  let changes: RowChange[] = [];
  let truncated: string[] = [];
  // where we are in the message at hand
  let message: Buffer = Buffer.alloc(0);
  let at = 0;

  return (next) => {
    message = next;
    at = 1;
    const tag = next[0];
    try {
      if (tag === 0x49 /* I */) onInsert();
      else if (tag === 0x55 /* U */) onUpdate();
      else if (tag === 0x44 /* D */) onDelete();
      else if (tag === 0x42 /* B */) onBegin();
      else if (tag === 0x43 /* C */) onCommit();
      else if (tag === 0x52 /* R */) onRelation();
      else if (tag === 0x54 /* T */) onTruncate();
      // type names and origins: nothing we use
      else if (tag === 0x59 /* Y */ || tag === 0x4f /* O */) return;
      else throw new ReplicationError(`a message of unknown kind ${tag}`);
    } catch (thrown) {
      // reading beyond the end of the message
      if (thrown instanceof RangeError) throw new ReplicationError('a message is shorter than it claims to be');
      throw thrown;
    }
    if (at !== next.length) throw new ReplicationError('a message is longer than it claims to be');
  };

  function onBegin(): void {
    if (commitLsn !== null) throw new ReplicationError('a transaction begins within another');
    commitLsn = readUint64();
    committedAt = postgresEpoch + Math.floor(Number(readUint64()) / 1_000);
    xid = message.readUInt32BE(at);
    at += 4;
  }

  function onCommit(): void {
    inTransaction();
    at += 1; // flags
    if (readUint64() !== commitLsn) throw new ReplicationError('a commit belongs to another transaction');
    const endLsn = readUint64();
    at += 8; // time, as in begin
    emit(endLsn);
    commitLsn = null;
    firstOrdinal = 0;
  }

  function emit(endLsn: bigint | null): void {
    const part = { commitLsn: commitLsn as bigint, endLsn, xid, committedAt, firstOrdinal, changes, bytes, truncated };
    firstOrdinal += changes.length;
    changes = [];
    truncated = [];
    bytes = 0;
    onTransaction(part);
  }

  function inTransaction(): void {
    if (commitLsn === null) throw new ReplicationError('a change outside of a transaction');
  }

  function push(change: RowChange): void {
    // The full part goes only when another change follows: the commit closes the last one.
    if (changes.length >= limits.rows || bytes >= limits.bytes) emit(null);
    changes.push(change);
    bytes += message.length;
  }

  function onInsert(): void {
    inTransaction();
    const relation = readRelation();
    expectTuple(0x4e);
    push({ relation, op: 'c', before: null, after: readTuple(relation, null, false) });
  }

  function onUpdate(): void {
    inTransaction();
    const relation = readRelation();
    const kind = message[at];
    let before: Row | null = null;
    if (kind === 0x4b /* K */ || kind === 0x4f /* O */) {
      at++;
      before = readTuple(relation, null, kind === 0x4b);
    }
    expectTuple(0x4e);
    push({ relation, op: 'u', before, after: readTuple(relation, kind === 0x4f ? before : null, false) });
  }

  function onDelete(): void {
    inTransaction();
    const relation = readRelation();
    const kind = message.readUInt8(at++);
    if (kind !== 0x4b && kind !== 0x4f) throw new ReplicationError(`a deletion without an old row, but ${kind}`);
    push({ relation, op: 'd', before: readTuple(relation, null, kind === 0x4b), after: null });
  }

  function onTruncate(): void {
    inTransaction();
    const count = message.readUInt32BE(at);
    at += 5; // and the options
    for (let i = 0; i < count; i++) {
      const { schema, table } = readRelation();
      truncated.push(`${schema}.${table}`);
    }
  }

  function onRelation(): void {
    const oid = message.readUInt32BE(at);
    at += 4;
    const schema = readString();
    const table = readString();
    at += 1; // kind of replica identity
    const count = message.readUInt16BE(at);
    at += 2;
    const columns: string[] = [];
    const decoders: DecodeValue[] = [];
    const isKey: boolean[] = [];
    const blank: Row = {};
    for (let i = 0; i < count; i++) {
      isKey.push(message.readUInt8(at++) === 1);
      const column = readString();
      columns.push(column);
      decoders.push(decoderOf(message.readUInt32BE(at)));
      at += 8; // type and its modifier
      blank[column] = null;
    }
    relations.set(oid, { schema, table, columns, decoders, isKey, blank });
  }

  function readRelation(): KnownRelation {
    const oid = message.readUInt32BE(at);
    at += 4;
    const relation = relations.get(oid);
    if (!relation) throw new ReplicationError(`a change of a table that was not announced (oid ${oid})`);
    return relation;
  }

  function expectTuple(kind: number): void {
    const found = message.readUInt8(at++);
    if (found !== kind) throw new ReplicationError(`a row of unknown kind ${found}`);
  }

  /** `old`: where unchanged TOAST values are taken from. `keyOnly`: the other columns were not logged and stay out. */
  function readTuple(relation: KnownRelation, old: Row | null, keyOnly: boolean): Row {
    const { columns, decoders, isKey } = relation;
    const count = message.readUInt16BE(at);
    at += 2;
    if (count !== columns.length)
      throw new ReplicationError(`a row of ${relation.schema}.${relation.table} has ${count} columns`);
    const row: Row = keyOnly ? {} : { ...relation.blank };
    for (let i = 0; i < count; i++) {
      const kind = message[at++];
      if (kind === 0x74 /* t */) {
        const start = at + 4;
        at = start + message.readUInt32BE(at);
        if (at > message.length) throw new ReplicationError('a message is shorter than it claims to be');
        row[columns[i] as string] = (decoders[i] as DecodeValue)(message, start, at);
      } else if (kind === 0x75 /* u */) {
        row[columns[i] as string] = old ? old[columns[i] as string] : unavailable;
      } else if (kind !== 0x6e /* n */) {
        throw new ReplicationError(`a value of unknown kind ${kind}`);
      } else if (keyOnly && isKey[i]) {
        row[columns[i] as string] = null;
      }
    }
    return row;
  }

  function readUint64(): bigint {
    const value = message.readBigUInt64BE(at);
    at += 8;
    return value;
  }

  function readString(): string {
    const end = message.indexOf(0, at);
    if (end < 0) throw new ReplicationError('a name does not end');
    const text = message.toString('utf8', at, end);
    at = end + 1;
    return text;
  }
}
