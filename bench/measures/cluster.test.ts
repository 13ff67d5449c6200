import { expect, test } from 'vitest';
import { cpuFigures } from './cluster.ts';
import { reached } from './measure.ts';

const cost = (realtime: number, withRouter: number) => ({ realtime, withRouter, deliveries: 1 });

test('a second realtime process may cost a quarter more, each way of counting judged for itself', () => {
  expect(cpuFigures(cost(10, 20), cost(12.5, 25)).map(reached)).toEqual([true, true]);
  expect(cpuFigures(cost(10, 20), cost(12.6, 25)).map(reached)).toEqual([false, true]);
  expect(cpuFigures(cost(10, 20), cost(12.5, 25.1)).map(reached)).toEqual([true, false]);
});
