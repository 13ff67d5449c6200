import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from '@platformatic/kafka';
import type { Log } from '../../../kernel/log.ts';
import type { BusRecord, Subscription } from '../../../ports/bus.ts';
import type { BrokerHealth } from '../broker-health.ts';
import type { Listener } from '../create-listener.ts';
import { type HeldPartition, holdPartition, takeEntries } from './held-partition.ts';
import { clientOptions, loadDriver } from './load-driver.ts';
import type { KafkaAddress } from './parse-kafka-url.ts';
import { createPrefetch } from './prefetch.ts';

export interface ListenDeps {
  readonly address: KafkaAddress;
  readonly clientId: string;
  /** As the broker knows them. */
  readonly topics: readonly string[];
  readonly maxQueuedBytes: number;
  readonly log: Log;
  readonly health: BrokerHealth;
  readonly topicName: (topic: string) => string;
  /** Of interest; undefined: all. */
  readonly keys: readonly string[] | undefined;
}

const maxBatch = 1_000;

/**
 * All partitions from their present ends, read without a group: the broker is told nothing, so nothing of us stays there. Over
 * an outage the positions are kept here, so only records that are gone from the topic are missed.
 */
export async function listenTopics(listener: Listener, deps: ListenDeps): Promise<Subscription> {
  const { Consumer, compatibilityPartitioner } = await loadDriver();
  const client: Consumer = new Consumer({
    ...clientOptions(deps.address, deps.clientId),
    // The driver asks for one; it is never joined.
    groupId: `unused-${randomUUID()}`,
    retries: 0,
    autocommit: false,
  });
  const hashes = deps.keys?.map((key) => compatibilityPartitioner({ topic: '' }, Buffer.from(key)));
  const isWanted = (partition: number, count: number) => hashes?.some((hash) => hash % count === partition) ?? true;
  const all = await holdAll(client, deps.topics).catch(async (thrown) => {
    await client.close().catch(() => {});
    throw thrown;
  });
  const partitions = all.filter(({ topic, partition }) => {
    const count = all.filter((other) => other.topic === topic).length;
    return isWanted(partition, count);
  });
  let running = false;
  let stopped = false;
  let turn = 0;

  const prefetch = createPrefetch({
    client,
    partitions: () => partitions,
    maxQueuedBytes: deps.maxQueuedBytes,
    topicName: deps.topicName,
    log: deps.log,
    health: deps.health,
    onEntries: () => void run(),
    onMissed: () => listener.gap('records are gone from the topic'),
  });

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (!stopped) {
      const batch = takeEntries(partitions, maxBatch, turn++).map(({ record }) => record);
      prefetch.wake();
      if (batch.length === 0) break;
      const [first] = batch;
      if (typeof first === 'string') listener.gap(first);
      else await listener.deliver(batch as readonly BusRecord[]);
    }
    running = false;
  }

  prefetch.wake();
  return {
    async close() {
      stopped = true;
      prefetch.stop();
      await listener.close();
      await client.close().catch(() => {});
    },
  };
}

async function holdAll(client: Consumer, topics: readonly string[]): Promise<readonly HeldPartition[]> {
  const ends = await findEnds(client, topics);
  return [...ends].flatMap(([topic, offsets]) =>
    offsets.map((position, partition) => Object.assign(holdPartition(topic, partition), { position })),
  );
}

/** Who leads a partition of a new topic does not know it at once. */
async function findEnds(client: Consumer, topics: readonly string[]) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.listOffsets({ topics: [...topics], timestamp: -1n });
    } catch (thrown) {
      if (attempt === 50) throw thrown;
      client.clearMetadata();
      await pause(100);
    }
  }
}
