import type { BusRecord } from '../../../ports/bus.ts';
import { findCut } from '../cut-between-transactions.ts';

/** A record that was fetched. */
export interface Entry {
  readonly held: HeldPartition;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer;
  /** The record, or what is wrong with it. */
  readonly record: BusRecord | string;
  readonly bytes: number;
}

/** A partition while it is ours. */
export interface HeldPartition {
  readonly id: string;
  /** As the broker knows it. */
  readonly topic: string;
  readonly partition: number;
  /** The next offset to fetch; null until what the group has committed is known. */
  position: bigint | null;
  /** Fetched and not in hand, in order. */
  readonly queue: Entry[];
  /** The offset after the last handled record; null: none was handled since it is ours. */
  handled: bigint | null;
  committed: bigint | null;
  /** It is to be given up: nothing more is handed over, what was handled is still committed. */
  leaving: boolean;
  /** Somebody else may have it already: nothing is committed any more. */
  lost: boolean;
}

export function holdPartition(topic: string, partition: number): HeldPartition {
  const state = { position: null, handled: null, committed: null, leaving: false, lost: false };
  return { id: `${topic}:${partition}`, topic, partition, queue: [], ...state };
}

export const isOurs = (held: HeldPartition) => !held.leaving && !held.lost;

/**
 * The next entries of several partitions, at most `max`; of a partition whole transactions wherever one fits. An entry that is
 * no record comes alone.
 *
 * @param from index of the partition that is served first, so that none starves
 */
export function takeEntries(partitions: readonly HeldPartition[], max: number, from: number): Entry[] {
  const batch: Entry[] = [];
  for (let i = 0; i < partitions.length && batch.length < max; i++) {
    const { queue } = partitions[(from + i) % partitions.length]!;
    if (typeof queue[0]?.record === 'string') {
      if (batch.length === 0) return queue.splice(0, 1);
      continue;
    }
    const count = countReady(queue, max - batch.length, batch.length === 0);
    for (const entry of queue.splice(0, count)) batch.push(entry);
  }
  return batch;
}

/** How many of the queue to take: all that are records, or up to the largest cut between two transactions. */
function countReady(queue: readonly Entry[], max: number, mustTake: boolean): number {
  const bad = queue.findIndex(({ record }) => typeof record === 'string');
  const ready = bad < 0 ? queue.length : bad;
  if (ready <= max) return ready;
  return findCut(queue, max, { transaction: lsnOf, sameKey: mustTake ? sameKey : null });
}

function lsnOf({ record }: Entry): string | null {
  return typeof record === 'string' ? null : record.value.source.lsn;
}

function sameKey(a: Entry, b: Entry): boolean {
  return a.key !== null && b.key !== null && a.key.equals(b.key);
}
