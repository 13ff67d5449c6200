import { expect, test } from 'vitest';
import { summarizeDelays } from './send-across.ts';

const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

test('the quantiles are of sorted delays', () => {
  expect(summarizeDelays(hundred, 100)).toEqual({ p50: 51, p99: 100, receipts: 100, expected: 100 });
});

test('what has not come is slower than anything', () => {
  const { p50, p99, receipts } = summarizeDelays(hundred.slice(2), 100);
  expect([p50, p99, receipts]).toEqual([51, Number.POSITIVE_INFINITY, 98]);
});
