import { expect, test } from 'vitest';
import { createTokenBuckets } from './token-buckets.ts';

function clockAt(start: number) {
  let now = start;
  return { wall: () => now, monotonic: () => now, pass: (ms: number) => (now += ms) };
}

test('a burst, then the sustained rate, per key', () => {
  const clock = clockAt(0);
  const limit = createTokenBuckets({ perSecond: 10, burst: 3 }, clock);
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 0, 100]);
  expect(limit.take('b')).toBe(0);
  clock.pass(100);
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 100]);
  clock.pass(60_000);
  expect([limit.take('a', 3), limit.take('a')]).toEqual([0, 100]);
});

test('says when to come back', () => {
  const limit = createTokenBuckets({ perSecond: 1, burst: 1 }, clockAt(0));
  limit.demand('a');
  expect(() => limit.demand('a')).toThrow(expect.objectContaining({ code: 'rate.limited', retryAfterMs: 1_000 }));
});

test('Infinity is no limit', () => {
  const limit = createTokenBuckets({ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, clockAt(0));
  for (let i = 0; i < 1_000; i++) expect(limit.take('a')).toBe(0);
});

test('what is given back can be taken again, and never makes more than a burst', () => {
  const buckets = createTokenBuckets({ perSecond: 1, burst: 2 }, clockAt(0));
  buckets.take('a', 2);
  buckets.giveBack('a');
  expect([buckets.take('a'), buckets.take('a')]).toEqual([0, 1_000]);
  buckets.giveBack('a', 5);
  expect([buckets.take('a', 2), buckets.take('a')]).toEqual([0, 1_000]);
  buckets.giveBack('nobody');
  expect(buckets.take('nobody', 3)).toBe(1_000);
});

test('long keys make others be forgotten sooner: the bound is of bytes', () => {
  const buckets = createTokenBuckets({ perSecond: 1, burst: 1 }, clockAt(0));
  const flood = (length: number) => {
    buckets.take('first');
    for (let i = 0; i < 2_000; i++) buckets.take(`${i}${'x'.repeat(length)}`);
    return buckets.take('first');
  };
  expect(flood(10)).toBe(1_000);
  expect(flood(8 * 1024)).toBe(0);
});
