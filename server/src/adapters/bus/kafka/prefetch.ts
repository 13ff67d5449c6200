import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import type { Log } from '../../../kernel/log.ts';
import type { BrokerHealth } from '../broker-health.ts';
import { parseRecord } from './encode-record.ts';
import { type Entry, type HeldPartition, isOurs } from './held-partition.ts';
import { hasCode } from './load-driver.ts';

export interface PrefetchDeps {
  /** Of its own connections: a fetch waits at the broker, and whatever is sent after it on that connection waits too. */
  readonly client: Consumer;
  readonly partitions: () => readonly HeldPartition[];
  /** Bytes that may wait for the handler before no more is fetched. */
  readonly maxQueuedBytes: number;
  /** As the program knows it. */
  readonly topicName: (topic: string) => string;
  readonly log: Log;
  readonly health: BrokerHealth;
  onEntries(): void;
  /** The records at a position are gone; it has been moved. */
  onMissed?(): void;
}

export interface Prefetch {
  /** Partitions have come, or there is room again. */
  wake(): void;
  /** Bytes fetched and not taken. */
  readonly queuedBytes: number;
  stop(): void;
}

/** How long the broker holds a fetch back when there is nothing new, and so how late a new partition may be fetched first. */
const waitMs = 250;
const maxFetchBytes = 4 << 20;
const retryMs = 200;
/** What an object and its short fields take in memory, roughly. */
const perRecord = 1_000;

/** The attribute bit of a batch that holds a transaction's end and no records. */
const isControl = 0x20;

type FetchTopics = Parameters<Consumer['fetch']>[0]['topics'];
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type Batch = NonNullable<FetchResponse['responses'][number]['partitions'][number]['records']>[number];

/** One fetch at a time from every broker that leads a partition of ours. */
export function createPrefetch(deps: PrefetchDeps): Prefetch {
  const { client, log } = deps;
  const fetching = new Set<number>();
  let planning = false;
  let stopped = false;
  let turn = 0;
  // An outage is told once, not five times a second.
  let troubled = false;

  function onTrouble(thrown: unknown, what: string): void {
    if (stopped) return;
    deps.health.failed();
    if (troubled) log.debug({ err: thrown }, what);
    else log.warn({ err: thrown }, what);
    troubled = true;
  }

  const queuedBytes = () =>
    deps.partitions().reduce((sum, { queue }) => sum + queue.reduce((bytes, entry) => bytes + entry.bytes, 0), 0);

  async function plan(): Promise<void> {
    if (planning || stopped) return;
    const wanted = deps.partitions().filter((held) => isOurs(held) && held.position !== null);
    if (wanted.length === 0 || queuedBytes() >= deps.maxQueuedBytes) return;
    planning = true;
    try {
      const { topics } = await client.metadata({ topics: [...new Set(wanted.map(({ topic }) => topic))] });
      const byLeader = new Map<number, HeldPartition[]>();
      for (const held of wanted) {
        const leader = topics.get(held.topic)?.partitions[held.partition]?.leader ?? -1;
        if (leader < 0 || fetching.has(leader)) continue;
        const list = byLeader.get(leader) ?? [];
        list.push(held);
        byLeader.set(leader, list);
      }
      for (const [leader, list] of byLeader) {
        void fetchFrom(leader, list, new Map([...topics].map(([name, { id }]) => [name, id])));
      }
      if (byLeader.size === 0 && fetching.size === 0) await pause(retryMs);
    } catch (thrown) {
      onTrouble(thrown, 'Kafka does not tell who leads the partitions; asking again');
      await pause(retryMs);
    } finally {
      planning = false;
    }
    if (fetching.size === 0) void plan();
  }

  async function fetchFrom(leader: number, list: readonly HeldPartition[], topicIds: ReadonlyMap<string, string>) {
    fetching.add(leader);
    // The broker fills the answer in this order: each partition comes first in its turn.
    const first = turn++ % list.length;
    const order = [...list.slice(first), ...list.slice(0, first)];
    const asked = new Map(order.map((held) => [`${topicIds.get(held.topic)}:${held.partition}`, held]));
    try {
      const response = await client.fetch({
        node: leader,
        minBytes: 1,
        maxBytes: Math.min(maxFetchBytes, deps.maxQueuedBytes),
        maxWaitTime: waitMs,
        topics: askFor(order, topicIds),
      });
      for (const { topicId, partitions } of response.responses) {
        for (const { partitionIndex, records } of partitions) {
          const held = asked.get(`${topicId}:${partitionIndex}`);
          if (held && records) accept(held, records);
        }
      }
      troubled = false;
      deps.health.answered();
      deps.onEntries();
    } catch (thrown) {
      if (!stopped) await onFailure(thrown, order);
    } finally {
      fetching.delete(leader);
    }
    void plan();
  }

  function accept(held: HeldPartition, batches: readonly Batch[]): void {
    for (const batch of batches) {
      if ((batch.attributes & isControl) === 0) {
        for (const { offsetDelta, key, value } of batch.records) {
          const offset = batch.firstOffset + BigInt(offsetDelta);
          // A batch comes whole, also when only its end was asked for; a tombstone is for compaction and tells nothing.
          if (offset < held.position! || value === null) continue;
          held.queue.push(createEntry(held, offset, key, value));
        }
      }
      const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      if (next > held.position!) held.position = next;
    }
  }

  function createEntry(held: HeldPartition, offset: bigint, key: Buffer | null, value: Buffer): Entry {
    const record = parseRecord(deps.topicName(held.topic), key, value);
    return { held, offset, key, value, record, bytes: perRecord + 2 * value.length };
  }

  async function onFailure(thrown: unknown, list: readonly HeldPartition[]): Promise<void> {
    onTrouble(thrown, 'a fetch from Kafka failed; trying again');
    client.clearMetadata();
    if (hasCode(thrown, 'OFFSET_OUT_OF_RANGE')) await catchUp(list).catch(() => {});
    await pause(retryMs);
  }

  /** The records we stand at are gone: their retention is over, or the topic is another one under the same name. */
  async function catchUp(list: readonly HeldPartition[]): Promise<void> {
    const topics = [...new Set(list.map(({ topic }) => topic))];
    const earliest = await client.listOffsets({ topics, timestamp: -2n });
    const latest = await client.listOffsets({ topics, timestamp: -1n });
    for (const held of list) {
      const first = earliest.get(held.topic)?.[held.partition];
      const end = latest.get(held.topic)?.[held.partition];
      if (first === undefined || end === undefined || held.position === null) continue;
      if (held.position >= first && held.position <= end) continue;
      const fields = { topic: held.topic, partition: held.partition, from: String(held.position), to: String(first) };
      log.error(
        fields,
        'records were deleted before they were handled: nobody read them for longer than they are kept',
      );
      held.position = first;
      deps.onMissed?.();
    }
  }

  return {
    wake: () => void plan(),
    get queuedBytes() {
      return queuedBytes();
    },
    stop() {
      stopped = true;
    },
  };
}

function askFor(order: readonly HeldPartition[], topicIds: ReadonlyMap<string, string>): FetchTopics {
  return order.map(({ topic, partition, position }) => ({
    topicId: topicIds.get(topic)!,
    partitions: [
      { partition, fetchOffset: position!, partitionMaxBytes: 1 << 20, currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
    ],
  }));
}
