import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../../kernel/errors.ts';
import { createCursor, parseCursor } from './cursor.ts';

test('a cursor comes back as it was made', () => {
  const time = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(time, fc.uuid(), fc.maxSafeInteger(), (at, id, seq) => {
      const parts = [at.toISOString(), id, seq];
      expect(parseCursor(createCursor(parts), ['time', 'id', 'number'])).toEqual(parts);
    }),
  );
});

test('anything else is refused with request.invalid', () => {
  const foreign = fc.oneof(
    fc.string(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  );
  fc.assert(
    fc.property(foreign, (text) => {
      try {
        parseCursor(text, ['time', 'id']);
      } catch (thrown) {
        expect((thrown as Failure).code).toBe('request.invalid');
        return;
      }
      throw new Error('accepted');
    }),
  );
  expect(() => parseCursor(createCursor(['2024-02-31T25:00:00.000Z']), ['time'])).toThrow(Failure);
  // days that JavaScript rolls over and a year that PostgreSQL does not have
  for (const time of ['2026-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z', '2026-01-01T24:00:00.000Z'])
    expect(() => parseCursor(createCursor([time]), ['time'])).toThrow(Failure);
  expect(() => parseCursor(createCursor([1.5]), ['number'])).toThrow(Failure);
});
