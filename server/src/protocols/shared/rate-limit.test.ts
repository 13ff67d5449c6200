import { expect, test } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

function clockAt(start: number) {
  let now = start;
  return { wall: () => now, monotonic: () => now, pass: (ms: number) => (now += ms) };
}

test('a burst, then the sustained rate, per key', () => {
  const clock = clockAt(0);
  const limit = createRateLimit({ perSecond: 10, burst: 3 }, clock);
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 0, 100]);
  expect(limit.take('b')).toBe(0);
  clock.pass(100);
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 100]);
  clock.pass(60_000);
  expect([limit.take('a', 3), limit.take('a')]).toEqual([0, 100]);
});

test('says when to come back', () => {
  const limit = createRateLimit({ perSecond: 1, burst: 1 }, clockAt(0));
  limit.demand('a');
  expect(() => limit.demand('a')).toThrow(expect.objectContaining({ code: 'rate.limited', retryAfterMs: 1_000 }));
});

test('Infinity is no limit', () => {
  const limit = createRateLimit({ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, clockAt(0));
  for (let i = 0; i < 1_000; i++) expect(limit.take('a')).toBe(0);
});
