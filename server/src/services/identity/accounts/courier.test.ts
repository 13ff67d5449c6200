import { expect, test } from 'vitest';
import { type Log, silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import { createCourier } from './courier.ts';

test('what fails is logged and stops nobody; what is under way can be waited for', async () => {
  const logged: object[] = [];
  const log: Log = { ...silentLog, error: (fields) => void logged.push(fields) };
  const courier = createCourier(log, noMetrics);
  const done: string[] = [];
  const reason = new Error('no mail today');
  courier.dispatch(async () => {
    await new Promise(setImmediate);
    throw reason;
  });
  courier.dispatch(async () => {
    await new Promise(setImmediate);
    done.push('second');
  });
  expect(done).toEqual([]);
  await courier.settled();
  expect(done).toEqual(['second']);
  expect(logged).toEqual([{ err: reason }]);
});

test('no more than a thousand are under way', async () => {
  let lost = 0;
  const courier = createCourier({ ...silentLog, error: () => void lost++ }, noMetrics);
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  for (let i = 0; i < 1_003; i++) courier.dispatch(() => gate);
  expect(lost).toBe(3);
  release();
  await courier.settled();
});
