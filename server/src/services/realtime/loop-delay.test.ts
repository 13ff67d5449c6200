import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { watchLoopDelay } from './loop-delay.ts';

test('an event loop that is held up raises the alarm, a free one does not (rule 22)', async () => {
  const warned: string[] = [];
  const watch = (name: string, alarmMs: number) =>
    watchLoopDelay({ log: { ...silentLog, warn: () => void warned.push(name) }, metrics: noMetrics, alarmMs });
  // To the patient one this machine is free, however busy it is: a limit of its own, not a hope for a fast machine.
  const watches = [watch('held up', 600), watch('free', 3_600_000)];
  // Long enough for many short turns: the one long stop among them must not drown.
  await pause(2_300);
  const end = performance.now() + 900;
  while (performance.now() < end);
  await pause(50);
  for (const { report, stop } of watches) {
    report();
    stop();
  }
  expect(warned).toEqual(['held up']);
});
