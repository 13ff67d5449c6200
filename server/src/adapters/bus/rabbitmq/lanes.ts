import type { BusRecord } from '../../../ports/bus.ts';
import { cutBySize } from '../cut-between-transactions.ts';
import { encodeRecord } from './encode-records.ts';
import { partitionOf } from './topology.ts';

/** What one publish has for one partition of one topic, cut into messages only between transactions. */
export interface Part {
  readonly encoded: readonly string[];
  /** Characters, near enough to bytes. */
  readonly size: number;
  readonly publish: Publish;
}

/** One call of `publish`: done when every part is in the broker's queues. */
export interface Publish {
  left: number;
  resolve(): void;
  reject(reason: Error): void;
}

/** The way into one partition. One message is under way at a time; what comes meanwhile goes together in the next. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: Part[];
  busy: boolean;
}

export interface Lanes {
  /** Splits the records, in their order, and returns the lanes that have something to send. */
  add(records: readonly BusRecord[], publish: Publish): Lane[];
  /** Removes everything that waits. */
  clear(): Part[];
}

export function createLanes(partitions: number, maxMessageSize: number): Lanes {
  const lanes = new Map<string, Lane>();

  function laneOf(record: BusRecord): Lane {
    const partition = partitionOf(record.key, partitions);
    const name = `${record.topic} ${partition}`;
    const known = lanes.get(name);
    if (known) return known;
    const lane: Lane = { topic: record.topic, partition, waiting: [], busy: false };
    lanes.set(name, lane);
    return lane;
  }

  return {
    add(records, publish) {
      const byLane = new Map<Lane, BusRecord[]>();
      for (const record of records) {
        const lane = laneOf(record);
        const own = byLane.get(lane);
        if (own) own.push(record);
        else byLane.set(lane, [record]);
      }
      for (const [lane, own] of byLane) {
        const parts = cutIntoParts(own, maxMessageSize, publish);
        publish.left += parts.length;
        lane.waiting.push(...parts);
      }
      return [...byLane.keys()];
    },
    clear: () => [...lanes.values()].flatMap((lane) => lane.waiting.splice(0)),
  };
}

/** The parts that go together into the lane's next message: at least one. */
export function takeParts(lane: Lane, maxMessageSize: number): Part[] {
  let size = 0;
  let count = 0;
  for (const part of lane.waiting) {
    if (count > 0 && size + part.size > maxMessageSize) break;
    size += part.size;
    count++;
  }
  return lane.waiting.splice(0, count);
}

/** A transaction is never split, so that its consumer gets it whole; its 1,000 rows at most (rule 13) are the bound then. */
function cutIntoParts(records: readonly BusRecord[], maxMessageSize: number, publish: Publish): Part[] {
  const texts = records.map((record) => ({ text: encodeRecord(record), lsn: record.value.source.lsn }));
  const pieces = cutBySize(texts, maxMessageSize, {
    transaction: ({ lsn }) => lsn,
    size: ({ text }) => text.length,
    split: false,
  });
  return [...pieces].map((piece) => {
    const encoded = piece.map(({ text }) => text);
    return { encoded, size: encoded.reduce((sum, text) => sum + text.length, 0), publish };
  });
}
