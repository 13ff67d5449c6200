import { expect, test } from 'vitest';
import { costPerDelivery } from './cpu-per-delivery.ts';

test('the cost of a delivery is in microseconds, with the router beside it', () => {
  expect(costPerDelivery({ realtime: 2, router: 1, deliveries: 100_000 })).toEqual({
    realtime: 20,
    withRouter: 30,
    deliveries: 100_000,
  });
});

test('what delivered nothing has no cost', () => {
  expect(() => costPerDelivery({ realtime: 2, router: 1, deliveries: 0 })).toThrow('nothing was delivered');
});
