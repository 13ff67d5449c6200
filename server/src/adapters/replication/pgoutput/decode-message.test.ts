import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unavailable } from '../../../model/change.ts';
import { ReplicationError, type TransactionPart } from '../../../ports/replication.ts';
import { createDecoder } from './decode-message.ts';

// A writer of the messages, after the manual's "Logical Replication Message Formats".
const u16 = (n: number) => Buffer.from([n >> 8, n & 0xff]);
const u32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};
const u64 = (n: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(n);
  return bytes;
};
const name = (text: string) => Buffer.from(`${text}\0`);
const message = (...parts: (Buffer | string | number)[]) =>
  Buffer.concat(
    parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : typeof p === 'number' ? Buffer.from([p]) : p)),
  );

/** 2026-11-20T12:00:00.120Z in microseconds since 2000. */
const time = BigInt(Date.UTC(2026, 10, 20, 12, 0, 0, 120) - Date.UTC(2000, 0, 1)) * 1_000n;
const begin = (lsn: bigint) => message('B', u64(lsn), u64(time), u32(4_294_967_290));
const commit = (lsn: bigint, end = lsn + 8n) => message('C', 0, u64(lsn), u64(end), u64(time));

const oid = 42;
const relation = message(
  ...['R', u32(oid), name('chat'), name('messages'), 'f', u16(3)],
  ...[1, name('id'), u32(25), u32(0xffffffff)],
  ...[0, name('content'), u32(25), u32(0xffffffff)],
  ...[0, name('seq'), u32(20), u32(0xffffffff)],
);
/** undefined: an unchanged TOAST value. */
type Value = string | null | undefined;
const tuple = (values: readonly Value[]) =>
  message(
    u16(values.length),
    ...values.map((v) => (v === undefined ? Buffer.from('u') : v === null ? Buffer.from('n') : text(v))),
  );
const text = (value: string) => message('t', u32(Buffer.byteLength(value)), value);
const insert = (values: readonly Value[]) => message('I', u32(oid), 'N', tuple(values));

function decodeAll(messages: readonly Buffer[], limits?: { rows: number; bytes: number }): TransactionPart[] {
  const parts: TransactionPart[] = [];
  const decode = createDecoder((part) => parts.push(part), limits);
  for (const one of messages) decode(one);
  return parts;
}

describe('pgoutput', () => {
  test('a transaction comes whole, with its place and time', () => {
    const parts = decodeAll([begin(100n), relation, insert(['a', 'x', '1']), insert(['b', null, '-2']), commit(100n)]);
    expect(parts).toMatchObject([
      {
        commitLsn: 100n,
        endLsn: 108n,
        xid: 4_294_967_290,
        committedAt: Date.UTC(2026, 10, 20, 12, 0, 0, 120),
        firstOrdinal: 0,
        truncated: [],
      },
    ]);
    expect(parts[0]?.changes.map(({ op, before, after }) => ({ op, before, after }))).toEqual([
      { op: 'c', before: null, after: { id: 'a', content: 'x', seq: 1 } },
      { op: 'c', before: null, after: { id: 'b', content: null, seq: -2 } },
    ]);
    expect(parts[0]?.changes[0]?.relation).toMatchObject({
      schema: 'chat',
      table: 'messages',
      columns: ['id', 'content', 'seq'],
    });
  });

  test('updates with the old row, with its key, and with neither', () => {
    const update = (...parts: (Buffer | string)[]) => message('U', u32(oid), ...parts);
    const [part] = decodeAll([
      begin(1n),
      relation,
      update('O', tuple(['a', 'old', '1']), 'N', tuple(['a', undefined, '2'])),
      update('K', tuple(['a', null, null]), 'N', tuple(['b', undefined, '2'])),
      update('N', tuple(['a', undefined, '2'])),
      commit(1n),
    ]);
    expect(part?.changes.map(({ before, after }) => [before, after])).toEqual([
      [
        { id: 'a', content: 'old', seq: 1 },
        { id: 'a', content: 'old', seq: 2 },
      ],
      [{ id: 'a' }, { id: 'b', content: unavailable, seq: 2 }],
      [null, { id: 'a', content: unavailable, seq: 2 }],
    ]);
  });

  test('deletions and truncations', () => {
    const [part] = decodeAll([
      begin(1n),
      relation,
      message('D', u32(oid), 'O', tuple(['a', 'x', '1'])),
      message('D', u32(oid), 'K', tuple(['a', null, null])),
      message('T', u32(1), 0, u32(oid)),
      commit(1n),
    ]);
    expect(part?.changes.map(({ op, before, after }) => ({ op, before, after }))).toEqual([
      { op: 'd', before: { id: 'a', content: 'x', seq: 1 }, after: null },
      { op: 'd', before: { id: 'a' }, after: null },
    ]);
    expect(part?.truncated).toEqual(['chat.messages']);
  });

  test('a transaction too large to hold comes in parts, and only the last confirms', () => {
    const rows = [1, 2, 3, 4, 5].map((n) => insert(['a', null, String(n)]));
    const parts = decodeAll([begin(9n), relation, ...rows, commit(9n), begin(20n), commit(20n)], {
      rows: 2,
      bytes: 1e6,
    });
    expect(parts.map((p) => [p.commitLsn, p.endLsn, p.firstOrdinal, p.changes.length])).toEqual([
      [9n, null, 0, 2],
      [9n, null, 2, 2],
      [9n, 17n, 4, 1],
      [20n, 28n, 0, 0],
    ]);
  });

  test('a table that changed its columns', () => {
    const wider = message(
      ...['R', u32(oid), name('chat'), name('messages'), 'f', u16(1)],
      ...[1, name('key'), u32(20), u32(0xffffffff)],
    );
    const [part] = decodeAll([begin(1n), relation, insert(['a', 'x', '1']), wider, insert(['5']), commit(1n)]);
    expect(part?.changes.map((c) => c.after)).toEqual([{ id: 'a', content: 'x', seq: 1 }, { key: 5 }]);
  });

  test('any rows come out as they went in', () => {
    const value = fc.option(fc.string({ unit: 'grapheme' }));
    const row = fc.tuple(fc.string({ unit: 'grapheme' }), value, fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const [part] = decodeAll([
          begin(1n),
          relation,
          ...rows.map(([a, b, c]) => insert([a, b, String(c)])),
          commit(1n),
        ]);
        const seen = part?.changes.map((c) => [c.after?.id, c.after?.content, c.after?.seq]);
        expect(seen).toEqual(rows.map(([a, b, c]) => [a, b, c === 0 ? 0 : c]));
      }),
    );
  });

  const story = [
    begin(1n),
    relation,
    insert(['a', 'x', '1']),
    message('U', u32(oid), 'O', tuple(['a', 'x', '1']), 'N', tuple(['a', undefined, '2'])),
    message('D', u32(oid), 'K', tuple(['a', null, null])),
    message('T', u32(1), 0, u32(oid)),
    commit(1n),
  ];

  test('a message cut anywhere, or with a byte too many, is refused', () => {
    story.forEach((whole, i) => {
      for (let length = 0; length < whole.length; length++) {
        const cut = [...story.slice(0, i), whole.subarray(0, length)];
        expect(() => decodeAll(cut), `message ${i} cut to ${length}`).toThrow(ReplicationError);
      }
      expect(() => decodeAll([...story.slice(0, i), Buffer.concat([whole, Buffer.from('x')])])).toThrow(
        ReplicationError,
      );
    });
  });

  test('garbled bytes are refused or understood, and nothing else happens', () => {
    const change = fc.record({ message: fc.nat(story.length - 1), at: fc.nat(200), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const garbled = story.map((m) => Buffer.from(m));
        for (const c of changes) {
          const target = garbled[c.message] as Buffer;
          target[c.at % target.length] = c.to;
        }
        try {
          decodeAll(garbled);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ReplicationError);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('messages out of place are refused', () => {
    const wrong: Record<string, readonly Buffer[]> = {
      'a change outside of a transaction': [relation, insert(['a', 'x', '1'])],
      'begins within another': [begin(1n), begin(2n)],
      'belongs to another transaction': [begin(1n), commit(2n)],
      'was not announced': [begin(1n), insert(['a', 'x', '1'])],
      'has 2 columns': [begin(1n), relation, insert(['a', 'x'])],
      'unknown kind 90': [message('Z')],
    };
    for (const [reason, messages] of Object.entries(wrong)) expect(() => decodeAll(messages)).toThrow(reason);
  });
});
