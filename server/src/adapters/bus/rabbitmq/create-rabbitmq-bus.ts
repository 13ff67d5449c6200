import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../../kernel/metrics.ts';
import type { GroupTopology, Subscription } from '../../../ports/bus.ts';
import { type BrokerBus, type BrokerHealth, createBrokerHealth } from '../broker-health.ts';
import { createListener } from '../create-listener.ts';
import { createPublisher } from './create-publisher.ts';
import { createSubscription, type SubscriptionDeps } from './create-subscription.ts';
import { keepConnection } from './keep-connection.ts';
import { listen } from './listen.ts';
import { openSender } from './open-sender.ts';
import { createTopology, declareGroup } from './topology.ts';

export interface RabbitmqBusDeps {
  /** `amqp://user:password@host:port/vhost`, `amqps://` for TLS. */
  readonly url: string;
  readonly log: Log;
  readonly metrics?: Metrics;
  /**
   * Every group of the whole system, whoever runs it: a record published before a group's queues exist would never reach
   * that group (MESSAGE-PATH rule 24).
   */
  readonly groups: readonly GroupTopology[];
  /** In front of every name: several installations may share a virtual host. */
  readonly prefix?: string;
  /** Queues per topic and group. Fixed for the life of the queues, and the same in every process. */
  readonly partitions?: number;
  readonly maxMessageSize?: number;
  readonly prefetch?: number;
  /** Pause after a handler's first failure; doubles up to `retryMaxMs`. */
  readonly retryFirstMs?: number;
  readonly retryMaxMs?: number;
  /** Bytes that may wait for one listener's handler. */
  readonly maxQueuedBytes?: number;
  /** How long a publish waits for a broker that is away. */
  readonly connectTimeoutMs?: number;
  /** How long the broker may take to answer or to confirm before its connection is given up. */
  readonly replyTimeoutMs?: number;
}

export const defaultPartitions = 8;

/** The bus over RabbitMQ: it keeps every record until every declared group has handled it. */
export function createRabbitmqBus(deps: RabbitmqBusDeps): BrokerBus {
  const { log, metrics = noMetrics, retryFirstMs = 50, retryMaxMs = 5_000 } = deps;
  const retries = metrics.counter('parley_bus_retries_total', 'Batches a consumer failed to handle');
  const deadTotal = metrics.counter('parley_bus_dead_letters_total', 'Records set aside because no retry could help');
  const topology = createTopology(deps.prefix ?? '', deps.partitions ?? defaultPartitions);
  const groups = new Map(deps.groups.map((group) => [group.group, group]));
  const subscriptions = new Set<Subscription>();
  let closed = false;

  const connect = (purpose: string, health: BrokerHealth) =>
    keepConnection({
      url: deps.url,
      purpose,
      log,
      health,
      connectTimeoutMs: deps.connectTimeoutMs ?? 3_000,
      replyTimeoutMs: deps.replyTimeoutMs ?? 10_000,
    });
  const healths = [createBrokerHealth('RabbitMQ'), createBrokerHealth('RabbitMQ')] as const;
  // Two: an alarm of the broker stops the connections that publish, and consumers must go on to relieve it.
  const publishing = connect('publisher', healths[0]);
  const consuming = connect('consumer', healths[1]);

  const sender = openSender(
    publishing,
    async (channel) => {
      for (const group of groups.values()) await declareGroup(channel, topology, group);
    },
    log,
  );
  const publisher = createPublisher({
    sender,
    topology,
    isRead: (topic) => [...groups.values()].some((group) => group.topics.includes(topic)),
    maxMessageSize: deps.maxMessageSize ?? 256 << 10,
  });

  function setAside(group: string): SubscriptionDeps['setAside'] {
    return async (topic, key, body, reason) => {
      const routingKey = topology.deadQueue(topic, group);
      const headers = { reason, key };
      await sender.send({ routingKey, mandatory: true, durable: true, contentType: 'application/json', headers }, body);
      deadTotal.add();
      log.error({ topic: routingKey, key, reason }, 'a record was set aside as a dead letter');
    };
  }

  /** So that it ends with the bus. */
  async function keep(opening: Promise<Subscription>): Promise<Subscription> {
    const subscription = await opening.catch((cause) => {
      throw fail('service.unavailable', { detail: 'RabbitMQ is away.', cause });
    });
    subscriptions.add(subscription);
    return {
      async close() {
        await subscription.close();
        subscriptions.delete(subscription);
      },
    };
  }

  return {
    guarantees: { durable: true },
    health: () => healths.map(({ health }) => health()).find(({ status }) => status !== 'ok') ?? { status: 'ok' },
    publish: (records) => {
      if (closed) return Promise.reject(fail('service.unavailable', 'The bus is closed.'));
      return publisher.publish(records);
    },
    async subscribe(group, topics, handler, options = {}) {
      if (closed) throw fail('service.unavailable', 'The bus is closed.');
      const known = groups.get(group);
      if (known && (known.topics.length !== topics.length || topics.some((topic) => !known.topics.includes(topic)))) {
        throw fail('internal', `The consumer group ${group} is declared with other topics already.`);
      }
      const target = { group, topics };
      const subscriptionDeps = {
        connection: consuming,
        topology,
        log,
        prefetch: deps.prefetch ?? 8,
        retryFirstMs,
        retryMaxMs,
        onRetry: () => retries.add(),
        setAside: setAside(group),
      };
      const subscription = await keep(createSubscription(subscriptionDeps, target, handler, options));
      groups.set(group, target);
      return subscription;
    },
    listen(topics, handler, options) {
      if (closed) return Promise.reject(fail('service.unavailable', 'The bus is closed.'));
      const listener = createListener({ topics, handler, ...options, log, retryFirstMs, retryMaxMs });
      const maxQueuedBytes = deps.maxQueuedBytes ?? 32 << 20;
      const { keys } = options;
      return keep(listen(topics, listener, { connection: consuming, topology, log, retryMaxMs, maxQueuedBytes, keys }));
    },
    async close() {
      closed = true;
      publisher.close();
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await sender.close();
      await Promise.all([publishing.close(), consuming.close()]);
    },
  };
}
