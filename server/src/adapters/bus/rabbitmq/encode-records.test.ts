import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecord } from '../../../../conformance/bus/fixtures.ts';
import { decodeRecords, encodeRecord, joinRecords } from './encode-records.ts';

test('what was encoded comes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat()), { minLength: 1 }), (entries) => {
      const records = entries.map(([key, n]) => createRecord(key, n));
      expect(decodeRecords('parley.chat', joinRecords(records.map(encodeRecord)))).toEqual(records);
    }),
  );
});

test('any other body is null and never throws', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeRecords('t', Buffer.from(bytes)) === null));
  fc.assert(fc.property(fc.json(), (text) => decodeRecords('t', Buffer.from(text)) === null));
});

test('one bad record makes the whole message not ours', () => {
  const good = encodeRecord(createRecord('a', 1));
  for (const bad of [
    'null',
    '{}',
    '{"key":1,"value":{}}',
    '{"key":"a","value":{"source":{},"before":null,"after":[]}}',
  ]) {
    expect(decodeRecords('t', joinRecords([good, bad]))).toBeNull();
  }
});
