import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecord } from '../../../../conformance/bus/fixtures.ts';
import { type Entry, holdPartition, takeEntries } from './held-partition.ts';

/** A partition whose queue holds records of these transactions; null: no record. */
function hold(partition: number, lsns: readonly (number | null)[]) {
  const held = holdPartition('t', partition);
  lsns.forEach((lsn, i) => {
    const record = lsn === null ? 'The value is not JSON.' : createRecord('k', i, lsn);
    const entry: Entry = { held, offset: BigInt(i), key: Buffer.from('k'), value: Buffer.alloc(0), record, bytes: 1 };
    held.queue.push(entry);
  });
  return held;
}

const offsets = (entries: readonly Entry[]) => entries.map(({ held, offset }) => `${held.partition}:${offset}`);

test('takes whole transactions where they fit', () => {
  const held = hold(0, [1, 1, 1, 2, 2, 2]);
  expect(offsets(takeEntries([held], 5, 0))).toEqual(['0:0', '0:1', '0:2']);
  expect(offsets(takeEntries([held], 5, 0))).toEqual(['0:3', '0:4', '0:5']);
});

test('cuts a transaction that is larger than a batch', () => {
  expect(takeEntries([hold(0, [1, 1, 1])], 2, 0)).toHaveLength(2);
});

test('leaves a transaction that does not fit any more for the next batch', () => {
  const partitions = [hold(0, [1, 1]), hold(1, [2, 2, 2])];
  expect(offsets(takeEntries(partitions, 4, 0))).toEqual(['0:0', '0:1']);
  expect(offsets(takeEntries(partitions, 4, 0))).toEqual(['1:0', '1:1', '1:2']);
});

test('begins with another partition each time', () => {
  const partitions = [hold(0, [1, 2]), hold(1, [1, 2])];
  expect(offsets(takeEntries(partitions, 1, 0))).toEqual(['0:0']);
  expect(offsets(takeEntries(partitions, 1, 1))).toEqual(['1:0']);
});

test('what is no record comes alone', () => {
  const held = hold(0, [1, null, 2]);
  expect(offsets(takeEntries([held], 9, 0))).toEqual(['0:0']);
  expect(offsets(takeEntries([held], 9, 0))).toEqual(['0:1']);
  expect(offsets(takeEntries([held], 9, 0))).toEqual(['0:2']);
});

test('takes everything, in the order of each partition, at most max at a time', () => {
  const lsns = fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { freq: 8 }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(lsns, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 7 }), (queues, max) => {
      const partitions = queues.map((queue, i) => hold(i, queue));
      const taken: Entry[] = [];
      for (let turn = 0; partitions.some(({ queue }) => queue.length > 0); turn++) {
        const batch = takeEntries(partitions, max, turn);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(max);
        taken.push(...batch);
      }
      queues.forEach((queue, i) => {
        const own = taken.filter(({ held }) => held.partition === i).map(({ offset }) => Number(offset));
        expect(own).toEqual(queue.map((_, n) => n));
      });
    }),
  );
});
