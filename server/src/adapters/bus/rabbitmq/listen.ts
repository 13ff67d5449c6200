import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { Log } from '../../../kernel/log.ts';
import type { Subscription } from '../../../ports/bus.ts';
import type { Listener } from '../create-listener.ts';
import { createGroup } from '../group.ts';
import { decodeRecords } from './encode-records.ts';
import { keepChannel } from './keep-channel.ts';
import type { KeptConnection } from './keep-connection.ts';
import { declareExchange, partitionOf, type Topology } from './topology.ts';

export interface ListenDeps {
  readonly connection: KeptConnection;
  readonly topology: Topology;
  readonly log: Log;
  readonly retryMaxMs: number;
  /** Bytes that may wait for the handler; what is more is thrown away, as a gap. */
  readonly maxQueuedBytes: number;
  /** Of interest; undefined: all. */
  readonly keys: readonly string[] | undefined;
}

/**
 * A queue that the broker names and removes with our connection. It is emptied as fast as it fills (no acknowledgements) and
 * what waits is bounded here, where throwing away is noticed: a bound at the broker would either drop in silence or, refusing
 * publishes, let one slow listener stop everybody.
 */
export async function listen(topics: readonly string[], listener: Listener, deps: ListenDeps): Promise<Subscription> {
  const { connection, topology, log } = deps;
  const nothing = () => {};
  const group = createGroup({
    ...{ name: 'listener', topics: new Set(topics), log, retryFirstMs: 0, retryMaxMs: 0 },
    ...{ onSettled: nothing, onRetry: nothing, onDead: nothing },
  });
  const membership = group.join(listener.deliver, {});
  const all = Array.from({ length: topology.partitions }, (_, partition) => partition);
  const partitions = new Set(deps.keys?.map((key) => partitionOf(key, topology.partitions)) ?? all);

  async function consume(fresh: Channel): Promise<void> {
    for (const topic of topics) {
      const exchange = topology.exchange(topic);
      await declareExchange(fresh, exchange);
      const { queue } = await fresh.queueDeclare({ queue: '', exclusive: true, autoDelete: true, durable: false });
      for (const partition of partitions) {
        await fresh.queueBind({ exchange, queue, routingKey: String(partition) });
      }
      await fresh.basicConsume({ queue, noAck: true }, (message) => onDelivery(topic, message));
    }
  }

  function onDelivery(topic: string, message: AsyncMessage): void {
    const records = decodeRecords(topic, message.body);
    const bytes = message.body?.length ?? 0;
    if (!records) {
      listener.gap('a message is not a batch of change records');
    } else if (group.queuedBytes > 0 && group.queuedBytes + bytes > deps.maxQueuedBytes) {
      group.abandon();
      listener.gap('it does not keep up');
    } else {
      group.enqueue({ records, bytes, done: nothing });
    }
  }

  const channel = await keepChannel({
    connection,
    name: `listener of ${topics.join(', ')}`,
    log,
    retryMaxMs: deps.retryMaxMs,
    setUp: consume,
    onLost: nothing,
    onBack: () => listener.gap('RabbitMQ was away'),
  });
  return {
    async close() {
      channel.stop();
      await listener.close();
      group.abandon();
      await membership.close();
      await channel.close();
    },
  };
}
