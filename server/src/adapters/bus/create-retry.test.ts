import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fail } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { createRetry } from './create-retry.ts';

const deps = { group: 'g', log: silentLog, retryFirstMs: 0, retryMaxMs: 0, onRetry() {} };

/** Hands records over until all are handled or set aside; a batch with poison in it is refused. */
async function handOver(
  records: readonly number[],
  poison: ReadonlySet<number>,
  poisonAfter: number,
  maxBatch: number,
) {
  const retry = createRetry<number>(deps);
  const [handled, dead]: [number[], number[]] = [[], []];
  let rest = records;
  let attempts = 0;
  while (rest.length > 0) {
    attempts++;
    const batch = rest.slice(0, Math.min(maxBatch, retry.limit));
    const refused = batch.some((record) => poison.has(record));
    if (refused) {
      const thrown = fail('request.invalid');
      const setAside = (record: number) => void dead.push(record);
      const mayPause = () => false;
      if (!(await retry.onFailure({ records: batch, thrown, poisonAfter, setAside, mayPause }))) continue;
    } else handled.push(...batch);
    retry.settled(batch.length);
    rest = rest.slice(batch.length);
  }
  return { handled, dead, attempts };
}

test('exactly the poison is set aside, and all else is handled in order', async () => {
  const shape = fc.record({
    poison: fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 6 }),
    poisonAfter: fc.integer({ min: 1, max: 5 }),
    maxBatch: fc.integer({ min: 1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ poison, poisonAfter, maxBatch }) => {
      const records = Array.from({ length: 40 }, (_, i) => i);
      const { handled, dead } = await handOver(records, new Set(poison), poisonAfter, maxBatch);
      expect(dead).toEqual([...poison].sort((a, b) => a - b));
      expect(handled).toEqual(records.filter((record) => !poison.includes(record)));
    }),
  );
});

test('one record among a thousand is found in tens of steps', async () => {
  const records = Array.from({ length: 1_024 }, (_, i) => i);
  const { attempts } = await handOver(records, new Set([700]), 5, 1_024);
  expect(attempts).toBeLessThan(64);
});

test('an outage sets nothing aside, however long it lasts', async () => {
  const retry = createRetry<number>(deps);
  const dead: number[] = [];
  for (let i = 0; i < 50; i++) {
    const thrown = fail('service.unavailable');
    const batch = { records: [1, 2], thrown, poisonAfter: 1, setAside: (r: number) => void dead.push(r) };
    expect(await retry.onFailure({ ...batch, mayPause: () => false })).toBe(false);
    expect(retry.limit).toBe(2);
  }
  expect(dead).toEqual([]);
});

test('a dead letter that is not safe keeps the record; what is forgotten meanwhile is not waited for', async () => {
  const retry = createRetry<number>({ ...deps, retryFirstMs: 1e9, retryMaxMs: 1e9 });
  const setAside = async () => {
    retry.forget();
    throw fail('service.unavailable');
  };
  const thrown = fail('request.invalid');
  expect(await retry.onFailure({ records: [1], thrown, poisonAfter: 1, setAside, mayPause: () => true })).toBe(false);
  expect(retry.limit).toBe(Number.POSITIVE_INFINITY);
});
