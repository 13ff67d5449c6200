import type { Channel } from 'rabbitmq-client';
import type { GroupTopology } from '../../../ports/bus.ts';

/**
 * Names in the broker. Per topic one direct exchange; per topic and group a fixed number of queues, each bound to the number
 * of its partition (rule 23: changing the number would move keys while their records are under way).
 */
export interface Topology {
  readonly partitions: number;
  exchange(topic: string): string;
  queue(topic: string, group: string, partition: number): string;
  /** `<topic>.<group>.dead` */
  deadQueue(topic: string, group: string): string;
}

export function createTopology(prefix: string, partitions: number): Topology {
  return {
    partitions,
    exchange: (topic) => `${prefix}${topic}`,
    queue: (topic, group, partition) => `${prefix}${topic}.${group}.${partition}`,
    deadQueue: (topic, group) => `${prefix}${topic}.${group}.dead`,
  };
}

/** Which partition a key belongs to: FNV-1a over UTF-16. The same in every process and version, or order is lost. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}

/**
 * Creates what is missing; what exists is left as it is. Quorum queues, so that a replica takes over; a single active
 * consumer each, so that members share the queues and a key has one reader. No bound and no delivery limit is given here:
 * queue arguments cannot be changed later, policies can (rule 24).
 */
export async function declareGroup(
  channel: Channel,
  topology: Topology,
  { group, topics }: GroupTopology,
): Promise<void> {
  for (const topic of topics) {
    const exchange = topology.exchange(topic);
    await declareExchange(channel, exchange);
    await channel.queueDeclare({
      queue: topology.deadQueue(topic, group),
      durable: true,
      arguments: { 'x-queue-type': 'quorum' },
    });
    for (let partition = 0; partition < topology.partitions; partition++) {
      const queue = topology.queue(topic, group, partition);
      const queueArguments = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true } as const;
      await channel.queueDeclare({ queue, durable: true, arguments: queueArguments });
      await channel.queueBind({ exchange, queue, routingKey: String(partition) });
    }
  }
}

export async function declareExchange(channel: Channel, exchange: string): Promise<void> {
  await channel.exchangeDeclare({ exchange, type: 'direct', durable: true });
}
