import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplicationError } from '../../../ports/replication.ts';
import { decoderOf } from './decode-value.ts';

const oids = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  float8: 701,
  timestamptz: 1184,
  uuids: 2951,
  texts: 1009,
  ints: 1007,
};

/** Between other bytes, as it stands in a message. */
function decode(type: keyof typeof oids, text: string): unknown {
  const value = Buffer.from(text);
  return decoderOf(oids[type])(Buffer.concat([Buffer.from('9'), value, Buffer.from('9')]), 1, 1 + value.length);
}

describe('values in their text form', () => {
  test('booleans', () => {
    expect([decode('bool', 't'), decode('bool', 'f')]).toEqual([true, false]);
    expect(() => decode('bool', 'x')).toThrow(ReplicationError);
  });

  test('integers, exactly or not at all', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(decode('int8', String(n))).toBe(n === 0 ? 0 : n);
      }),
    );
    expect(() => decode('int8', '9007199254740993')).toThrow('beyond 2^53');
    for (const wrong of ['', '1.5', '1e3', ' 1', 'NaN']) expect(() => decode('int8', wrong)).toThrow(ReplicationError);
  });

  test('times to the millisecond, whatever digits PostgreSQL leaves out', () => {
    expect(decode('timestamptz', '2026-11-20 19:27:27.123+00')).toBe('2026-11-20T19:27:27.123Z');
    expect(decode('timestamptz', '2026-11-20 19:27:27.1+00')).toBe('2026-11-20T19:27:27.100Z');
    expect(decode('timestamptz', '2026-11-20 19:27:27+00')).toBe('2026-11-20T19:27:27.000Z');
    expect(decode('timestamptz', '2026-11-20 19:27:27.123456+00')).toBe('2026-11-20T19:27:27.123Z');
    expect(decode('timestamptz', 'infinity')).toBe('infinity');
    const times = fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, (date) => {
        const iso = date.toISOString();
        const fraction = iso.slice(20, 23).replace(/0+$/, '');
        const text = `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction && `.${fraction}`}+00`;
        expect(decode('timestamptz', text)).toBe(iso);
      }),
    );
  });

  test('bytea as base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(decode('bytea', `\\x${buffer.toString('hex')}`)).toBe(buffer.toString('base64'));
      }),
    );
    expect(() => decode('bytea', '\\x0g')).toThrow(ReplicationError);
  });

  test('texts, character for character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decode('text', text)).toBe(text);
      }),
    );
  });

  test('arrays', () => {
    expect(decode('uuids', '{}')).toEqual([]);
    expect(decode('uuids', '{a,b}')).toEqual(['a', 'b']);
    expect(decode('ints', '{1,NULL,-3}')).toEqual([1, null, -3]);
    const item = fc.option(fc.string({ unit: 'grapheme' }));
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), (items) => {
        const text = `{${items.map((one) => (one === null ? 'NULL' : quote(one))).join(',')}}`;
        expect(decode('texts', text)).toEqual(items);
      }),
    );
    for (const wrong of ['', '{', '{{a},{b}}', '[0:1]={a,b}', '{"a'])
      expect(() => decode('texts', wrong)).toThrow(ReplicationError);
  });

  test('any text at all is a value or a ReplicationError', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(oids) as (keyof typeof oids)[])), fc.string(), (type, text) => {
        try {
          decode(type, text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ReplicationError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
