import type { BusRecord } from '../../ports/bus.ts';
import { findCut } from './cut-between-transactions.ts';

/** The records of one publish that concern one group. */
export interface Segment {
  readonly records: readonly BusRecord[];
  /** Estimated; see weigh-records. */
  readonly bytes: number;
  /** Called once, when the last of the records has been handled. */
  done(): void;
}

/** What waits for one group, in the order it was published. Records are read with `peek` and leave only by `settle`. */
export interface GroupQueue {
  readonly bytes: number;
  readonly length: number;
  push(segment: Segment): void;
  /**
   * The next records, at most `max`. Publishes are joined whole; only one that alone is larger than `max` is cut, and then
   * between two transactions where that is possible: consumers merge rows of one transaction.
   */
  peek(max: number): readonly BusRecord[];
  /** The first `count` records are done with. */
  settle(count: number): void;
  /** Forgets all without calling `done`. */
  clear(): void;
}

export function createGroupQueue(): GroupQueue {
  const segments: Segment[] = [];
  // of the first segment
  let settled = 0;
  let bytes = 0;
  let length = 0;
  return {
    get bytes() {
      return bytes;
    },
    get length() {
      return length;
    },
    push(segment) {
      segments.push(segment);
      bytes += segment.bytes;
      length += segment.records.length;
    },
    peek(max) {
      const [first] = segments;
      if (!first) return [];
      const head = settled === 0 ? first.records : first.records.slice(settled);
      if (head.length > max) return head.slice(0, findCut(head, max, byTransaction));
      const batch = head.slice();
      for (let i = 1; i < segments.length; i++) {
        const { records } = segments[i]!;
        if (batch.length + records.length > max) break;
        for (const record of records) batch.push(record);
      }
      return batch;
    },
    settle(count) {
      length -= count;
      settled += count;
      while (segments.length > 0 && settled >= segments[0]!.records.length) {
        const segment = segments.shift()!;
        settled -= segment.records.length;
        bytes -= segment.bytes;
        segment.done();
      }
    },
    clear() {
      segments.length = 0;
      settled = 0;
      bytes = 0;
      length = 0;
    },
  };
}

const byTransaction = {
  transaction: ({ value }: BusRecord) => value.source.lsn,
  sameKey: (a: BusRecord, b: BusRecord) => a.key === b.key,
};
