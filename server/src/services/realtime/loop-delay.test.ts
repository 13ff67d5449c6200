import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { noMetrics } from '../../kernel/metrics.ts';
import { watchLoopDelay } from './loop-delay.ts';

test('an event loop that is held up raises the alarm, a free one does not (rule 22)', async () => {
  const warned: unknown[] = [];
  const log = { warn: (fields: unknown) => void warned.push(fields) } as unknown as Parameters<
    typeof watchLoopDelay
  >[0]['log'];
  const watch = watchLoopDelay({ log, metrics: noMetrics, alarmMs: 600 });
  await pause(50);
  watch.report();
  expect(warned).toEqual([]);
  // Long enough for many short turns: the one long stop among them must not drown.
  await pause(2_300);
  const end = performance.now() + 900;
  while (performance.now() < end);
  await pause(50);
  watch.report();
  watch.stop();
  expect(warned).toHaveLength(1);
});
