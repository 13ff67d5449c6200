import { expect, test } from 'vitest';
import { createTelemetry } from './telemetry.ts';

test('a gauge with labels is a figure for each of their values', async () => {
  const telemetry = createTelemetry();
  for (const [projection, seconds] of [
    ['search', 3],
    ['blocks', 4],
    ['search', 5],
  ] as const) {
    telemetry.gauge('parley_lag_seconds', 'Age', { projection }).set(seconds);
  }
  telemetry.gauge('parley_plain', 'Plain').set(1);
  const lines = (await telemetry.render()).split('\n').filter((line) => line.startsWith('parley_'));
  expect(lines).toEqual([
    'parley_lag_seconds{projection="search"} 5',
    'parley_lag_seconds{projection="blocks"} 4',
    'parley_plain 1',
  ]);
});
