import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { Log } from '../../../kernel/log.ts';
import type { BusRecord, GroupOptions, GroupTopology, Subscription } from '../../../ports/bus.ts';
import { createGroup, type Group } from '../group.ts';
import { decodeRecords } from './encode-records.ts';
import { type KeptChannel, keepChannel } from './keep-channel.ts';
import type { KeptConnection } from './keep-connection.ts';
import { declareGroup, type Topology } from './topology.ts';

export interface SubscriptionDeps {
  readonly connection: KeptConnection;
  readonly topology: Topology;
  readonly log: Log;
  /** Messages of one queue in hand at a time, each of at most the publisher's message size. */
  readonly prefetch: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  onRetry(): void;
  /** Resolves when the broker has the record among the group's dead letters. */
  setAside(topic: string, key: string, body: Buffer, reason: string): Promise<void>;
}

/**
 * One member of a group: a channel that reads all queues of the group; the broker makes one member of each queue the active
 * one. A failed batch is held here and tried again, never given back: what is unacknowledged when the channel is lost comes
 * again in its old order.
 */
export async function createSubscription(
  deps: SubscriptionDeps,
  target: GroupTopology,
  handler: (records: readonly BusRecord[]) => Promise<void>,
  options: GroupOptions,
): Promise<Subscription> {
  const { connection, topology, log } = deps;
  let closing = false;

  const group: Group = createGroup({
    name: target.group,
    topics: new Set(target.topics),
    log,
    retryFirstMs: deps.retryFirstMs,
    retryMaxMs: deps.retryMaxMs,
    onSettled() {},
    onRetry: deps.onRetry,
    onDead: (record, reason) =>
      deps.setAside(record.topic, record.key, Buffer.from(JSON.stringify(record.value)), reason),
  });
  const membership = group.join(handler, options);

  async function consume(fresh: Channel): Promise<void> {
    await declareGroup(fresh, topology, target);
    await fresh.basicQos({ prefetchCount: deps.prefetch });
    for (const topic of target.topics) {
      for (let partition = 0; partition < topology.partitions; partition++) {
        const queue = topology.queue(topic, target.group, partition);
        await fresh.basicConsume({ queue }, (message) => onDelivery(fresh, topic, message));
      }
    }
  }

  function onDelivery(from: Channel, topic: string, message: AsyncMessage): void {
    // Deliveries are told one turn late: this one may be of a channel that is gone, and come again on the next.
    if (closing || !from.active) return;
    const records = decodeRecords(topic, message.body);
    const acknowledge = () => {
      if (from.active) from.basicAck({ deliveryTag: message.deliveryTag });
    };
    if (records) {
      group.enqueue({ records, bytes: message.body?.length ?? 0, done: acknowledge });
      return;
    }
    const body = Buffer.isBuffer(message.body) ? message.body : Buffer.from(String(message.body));
    deps
      .setAside(topic, '', body, 'The message is not a batch of change records.')
      .then(acknowledge, () => from.close());
  }

  let channel: KeptChannel;
  try {
    channel = await keepChannel({
      connection,
      name: target.group,
      log,
      retryMaxMs: deps.retryMaxMs,
      setUp: consume,
      onLost: group.abandon,
    });
  } catch (thrown) {
    await membership.close();
    throw thrown;
  }
  return {
    async close() {
      if (closing) return membership.close();
      closing = true;
      channel.stop();
      // The next active consumer gets nothing of a queue before the channel is closed, when our handler has finished.
      await membership.close();
      await channel.close();
    },
  };
}
