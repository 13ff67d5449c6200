import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, type Message } from './create-publisher.ts';

const message = (bytes: number, mark: string): Message => ({
  topic: 't',
  key: Buffer.alloc(0),
  value: Buffer.alloc(bytes),
  mark,
});
const sizes = (messages: readonly Message[], limit: number) => [...cut(messages, limit)].map((part) => part.length);

test('cuts between two transactions where one fits', () => {
  expect(sizes([message(100, '1'), message(100, '2'), message(100, '2')], 400)).toEqual([1, 2]);
});

test('a record larger than the limit goes alone', () => {
  expect(sizes([message(1, '1'), message(900, '2'), message(1, '3')], 400)).toEqual([1, 1, 1]);
});

test('sends everything once and in order, in parts that keep to the limit', () => {
  const messages = fc.array(
    fc.record({ bytes: fc.integer({ min: 0, max: 500 }), mark: fc.constantFrom('1', '2', '3') }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(messages, fc.integer({ min: 100, max: 1_000 }), (shapes, limit) => {
      const all = shapes.map(({ bytes, mark }) => message(bytes, mark));
      const parts = [...cut(all, limit)];
      expect(parts.flat()).toEqual(all);
      for (const part of parts) {
        const bytes = part.reduce((sum, { value }) => sum + value.length + 100, 0);
        expect(part.length === 1 || bytes <= limit).toBe(true);
      }
    }),
  );
});
