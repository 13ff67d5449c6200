import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConfirmQueue } from './confirm-queue.ts';

test('confirms up to the first batch that is still on its way', () => {
  const queue = createConfirmQueue(5n);
  const [a, b, c] = [queue.depart(10n), queue.depart(20n), queue.depart(30n)];
  queue.land(c);
  queue.land(b);
  expect(queue.confirmed).toBe(5n);
  queue.land(a);
  expect(queue.confirmed).toBe(30n);
  expect(queue.empty).toBe(true);
});

test('a batch that ends within a transaction confirms nothing of it', () => {
  const queue = createConfirmQueue(0n);
  queue.land(queue.depart(10n));
  queue.land(queue.depart(null));
  expect(queue.confirmed).toBe(10n);
});

test('never goes back, for a keepalive may tell less than a transaction', () => {
  const queue = createConfirmQueue(0n);
  queue.land(queue.depart(10n));
  queue.land(queue.depart(8n));
  expect(queue.confirmed).toBe(10n);
});

test('in whatever order batches land, nothing is confirmed before all that went ahead of it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30)), (order) => {
      const queue = createConfirmQueue(0n);
      const flights = Array.from({ length: 31 }, (_, i) => queue.depart(BigInt(i + 1)));
      const landed = new Set<number>();
      for (const i of order) {
        queue.land(flights[i]!);
        landed.add(i);
        let unbroken = 0;
        while (landed.has(unbroken)) unbroken++;
        expect(queue.confirmed).toBe(BigInt(unbroken));
      }
    }),
  );
});
