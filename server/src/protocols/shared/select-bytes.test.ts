import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectBytes } from './select-bytes.ts';

const bytes = { etag: '"a"', size: 10 };

test.each([
  [{}, { status: 200 }],
  [{ range: 'bytes=0-1' }, { status: 206, range: { first: 0, last: 1 } }],
  [{ range: 'bytes=8-' }, { status: 206, range: { first: 8, last: 9 } }],
  [{ range: 'bytes=-3' }, { status: 206, range: { first: 7, last: 9 } }],
  [{ range: 'bytes=5-99' }, { status: 206, range: { first: 5, last: 9 } }],
  [{ range: 'bytes=10-' }, { status: 416 }],
  [{ range: 'bytes=0-1,4-5' }, { status: 200 }],
  [{ range: 'lines=0-1' }, { status: 200 }],
  [{ range: 'nonsense' }, { status: 200 }],
  [
    { range: 'bytes=0-1', 'if-range': '"a"' },
    { status: 206, range: { first: 0, last: 1 } },
  ],
  [{ range: 'bytes=0-1', 'if-range': '"b"' }, { status: 200 }],
  [{ 'if-none-match': 'W/"a", "c"' }, { status: 304 }],
  [{ 'if-none-match': '*', range: 'bytes=0-1' }, { status: 304 }],
  [{ 'if-none-match': '"b"' }, { status: 200 }],
] as const)('%j', (headers, selection) => {
  expect(selectBytes(headers, bytes)).toEqual(selection);
});

test('whatever the header says, a range lies within the bytes', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(30), fc.nat(30)).map(([a, b]) => `bytes=${a}-${b}`),
  );
  fc.assert(
    fc.property(header, fc.nat(20), (range, size) => {
      const selection = selectBytes({ range }, { etag: '"a"', size });
      expect([200, 206, 416]).toContain(selection.status);
      if (selection.status !== 206) return;
      expect(selection.range.first).toBeGreaterThanOrEqual(0);
      expect(selection.range.last).toBeGreaterThanOrEqual(selection.range.first);
      expect(selection.range.last).toBeLessThan(size);
    }),
  );
});
