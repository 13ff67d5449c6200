import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRecord, range } from '../../../../conformance/bus/fixtures.ts';
import { createLanes, type Lane, type Publish, takeParts } from './lanes.ts';
import { partitionOf } from './topology.ts';

const createPublish = (): Publish => ({ left: 0, resolve() {}, reject() {} });
const numbersIn = (encoded: readonly string[]) => encoded.map((text) => JSON.parse(text).value.after.n as number);

test('a partition is the same for ever', () => {
  expect(range(0, 6).map((n) => partitionOf(`0198c5f2-7a1b-7c3d-8e4f-00000000000${n}`, 8))).toEqual([4, 7, 2, 5, 0, 3]);
});

test('keys spread over all partitions', () => {
  const counts = new Array<number>(8).fill(0);
  for (const n of range(0, 8_000)) counts[partitionOf(`conversation-${n}`, 8)]!++;
  expect(Math.min(...counts)).toBeGreaterThan(800);
});

test('messages keep the order of each lane, never split a transaction and hold what fits', () => {
  const transactions = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(transactions), fc.integer({ min: 1, max: 2_000 }), (publishes, maxSize) => {
      const lanes = createLanes(2, maxSize);
      const used = new Set<Lane>();
      const expected = new Map<number, number[]>([
        [0, []],
        [1, []],
      ]);
      const transactionOf: number[] = [];
      let n = 0;
      let lsn = 0;
      for (const publish of publishes) {
        const records = publish.flatMap((keys) => {
          lsn++;
          return keys.map((key) => {
            expected.get(partitionOf(key, 2))!.push(n);
            transactionOf[n] = lsn;
            return createRecord(key, n++, lsn);
          });
        });
        if (records.length > 0) for (const lane of lanes.add(records, createPublish())) used.add(lane);
      }
      for (const lane of used) {
        const messages: number[][] = [];
        while (lane.waiting.length > 0) {
          const parts = takeParts(lane, maxSize);
          const size = parts.reduce((sum, part) => sum + part.size, 0);
          expect(parts.length === 1 || size <= maxSize).toBe(true);
          messages.push(numbersIn(parts.flatMap((part) => part.encoded)));
        }
        expect(messages.flat()).toEqual(expected.get(lane.partition));
        for (let i = 1; i < messages.length; i++) {
          expect(transactionOf[messages[i]![0]!]).not.toBe(transactionOf[messages[i - 1]!.at(-1)!]);
        }
      }
    }),
  );
});
