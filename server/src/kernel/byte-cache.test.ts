import { expect, test } from 'vitest';
import { createByteCache } from './byte-cache.ts';

const mebibyte = 1024 * 1024;

test('holds many small entries, and few large ones', () => {
  const cache = createByteCache<{ text: string }>({ maxBytes: mebibyte, sizeOf: ({ text }) => 2 * text.length });
  for (let i = 0; i < 10_000; i++) cache.set(`key ${i}`, { text: '' });
  expect(cache.size).toBeGreaterThan(3_000);
  expect(cache.size).toBeLessThan(5_000);
  expect(cache.get('key 0')).toBeUndefined();
  expect(cache.get('key 9999')).toEqual({ text: '' });
  for (let i = 0; i < 100; i++) cache.set(`key ${i}`, { text: 'x'.repeat(50_000) });
  expect(cache.size).toBe(10);
});

test('a long key counts as much as a long value', () => {
  const cache = createByteCache<object>({ maxBytes: mebibyte });
  for (let i = 0; i < 1_000; i++) cache.set(`${i}${'x'.repeat(16 * 1024)}`, {});
  expect(cache.size).toBe(31);
});

test('what is larger than the cache is not kept', () => {
  const cache = createByteCache<{ text: string }>({ maxBytes: 1_000, sizeOf: ({ text }) => text.length });
  cache.set('key', { text: 'short' });
  cache.set('key', { text: 'x'.repeat(2_000) });
  expect(cache.get('key')).toBeUndefined();
});
