import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BusRecord } from '../../../ports/bus.ts';
import { encodeRecord, parseRecord } from './encode-record.ts';

const source = {
  db: 'main',
  schema: 'chat',
  table: 'messages',
  lsn: '1',
  ordinal: 0,
  incarnation: '1.1.0',
  ts_ms: 0,
  snapshot: false,
};

test('what is encoded is parsed again', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue(),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (key, text, lsn) => {
        const after = JSON.parse(JSON.stringify({ text })) as object;
        const value: BusRecord['value'] = {
          before: null,
          after,
          source: { ...source, lsn: String(lsn) },
          op: 'c',
          ts_ms: 1,
        };
        const record = { topic: 't', key, value };
        const wire = encodeRecord(record);
        expect(parseRecord('t', wire.key, wire.value)).toEqual(record);
      },
    ),
  );
});

test('anything else is told in words, never thrown', () => {
  const anything = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.option(anything), anything, (key, value) => {
      expect(typeof parseRecord('t', key, value)).toBe('string');
    }),
  );
});

test.each([
  { op: 'x' },
  { before: 1 },
  { after: [] },
  { source: null },
  { source: { ...source, lsn: 1 } },
  { source: { ...source, lsn: '-1' } },
  { source: { ...source, table: undefined } },
])('a change with %j is none', (part) => {
  const value = { op: 'c', before: null, after: {}, source, ts_ms: 0, ...part };
  expect(parseRecord('t', Buffer.from('k'), Buffer.from(JSON.stringify(value)))).toContain('not a change');
});
