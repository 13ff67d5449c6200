import { Failure, fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../../kernel/metrics.ts';
import type { Subscription } from '../../../ports/bus.ts';
import { type BrokerBus, createBrokerHealth } from '../broker-health.ts';
import { createListener } from '../create-listener.ts';
import { consumeTopics } from './consume-topics.ts';
import { createPublisher } from './create-publisher.ts';
import { deadTopic } from './create-topics.ts';
import { encodeRecord } from './encode-record.ts';
import type { Entry } from './held-partition.ts';
import { keepTopics } from './keep-topics.ts';
import { listenTopics } from './listen-topics.ts';
import { createMemberNumbers, type Member } from './number-members.ts';
import { parseKafkaUrl } from './parse-kafka-url.ts';

export interface KafkaBusDeps {
  /** parse-kafka-url */
  readonly url: string;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Of this process and no other, the same after a restart: then it gets its partitions back at once. Without: after a session. */
  readonly instance?: string;
  /** Before the names of topics and groups: several installations may share a cluster. */
  readonly prefix?: string;
  /** Partitions of a topic we create: the most members a group can share the work between. */
  readonly partitions?: number;
  readonly retentionMs?: number;
  /** How long a member may be silent before its partitions go to others, milliseconds. The broker takes 6 to 1,800 seconds. */
  readonly sessionMs?: number;
  /** How long `publish` waits for a broker that is away. */
  readonly patienceMs?: number;
  /** Bytes fetched ahead for one subscription. */
  readonly maxQueuedBytes?: number;
  /** Pause after a handler's first failure; doubles up to `retryMaxMs`. */
  readonly retryFirstMs?: number;
  readonly retryMaxMs?: number;
  /** Another process took our instance name: the subscription has ended, and nobody consumes for this process any more. */
  onFenced?(): void;
}

const clientId = 'parley';

/** The bus over Kafka ≥ 3.5: durable, shared between processes. Connects when it is first used. */
export function createKafkaBus(deps: KafkaBusDeps): BrokerBus {
  const { log, metrics = noMetrics, prefix = '', retryFirstMs = 50, retryMaxMs = 5_000 } = deps;
  const { maxQueuedBytes = 32 << 20 } = deps;
  const address = parseKafkaUrl(deps.url);
  const limits = { partitions: deps.partitions ?? 12, retentionMs: deps.retentionMs ?? 7 * 24 * 3_600_000 };
  const health = createBrokerHealth('Kafka');
  const topics = keepTopics(address, clientId, limits, log);
  const publisher = createPublisher({
    address,
    clientId,
    patienceMs: deps.patienceMs ?? 15_000,
    log,
    health,
    async prepare(names) {
      await topics.ensure(names);
    },
  });
  const subscriptions = new Set<Subscription>();
  const declared = new Map<string, ReadonlySet<string>>();
  const retries = metrics.counter('parley_bus_retries_total', 'Batches a consumer failed to handle');
  const deadTotal = metrics.counter('parley_bus_dead_letters_total', 'Records set aside because no retry could help');
  const queued = metrics.gauge('parley_bus_queued_bytes', 'Estimated bytes waiting for the slowest consumer group');
  const queuedBytes = new Map<Member, number>();
  const topicName = (topic: string) => topic.slice(prefix.length);
  const members = createMemberNumbers();
  let closed = false;

  async function ensure(names: readonly string[]): Promise<void> {
    try {
      await topics.ensure(names);
    } catch (thrown) {
      const detail = 'The message broker could not be asked for its topics.';
      throw fail('service.unavailable', { detail, cause: thrown });
    }
  }

  async function setAside(group: string, { held, offset, key, value }: Entry, reason: string): Promise<void> {
    const topic = deadTopic(held.topic, group);
    // One partition: dead letters are read by people, oldest first.
    await topics.ensure([topic], 1);
    const headers = { reason, topic: held.topic, partition: String(held.partition), offset: String(offset) };
    await publisher.publish([{ topic, key: key ?? Buffer.alloc(0), value, headers, mark: '' }]);
    deadTotal.add();
    log.error({ deadTopic: topic, ...headers }, 'a record was set aside as a dead letter');
  }

  function declare(group: string, wanted: readonly string[]): void {
    const before = declared.get(group);
    if (before && (before.size !== wanted.length || wanted.some((topic) => !before.has(topic)))) {
      throw fail('internal', `The consumer group ${group} is declared with other topics already.`);
    }
    declared.set(group, new Set(wanted));
  }

  function leave(group: string, member: Member): void {
    members.leave(group, member);
    queuedBytes.delete(member);
  }

  return {
    guarantees: { durable: true },
    health: health.health,
    publish(records) {
      if (closed) return Promise.reject(fail('service.unavailable', 'The bus is closed.'));
      // Before anything is awaited: the array stays the publisher's.
      const messages = records.map((record) => ({
        topic: prefix + record.topic,
        ...encodeRecord(record),
        mark: record.value.source.lsn,
      }));
      return publisher.publish(messages);
    },
    async subscribe(group, wanted, handler, options = {}) {
      if (closed) throw fail('service.unavailable', 'The bus is closed.');
      declare(group, wanted);
      const names = wanted.map((topic) => prefix + topic);
      // Before anything is awaited: what comes first depends on the caller alone.
      const member = members.enter(group);
      try {
        await ensure(names);
        const subscription = await consumeTopics({
          address,
          clientId,
          group: prefix + group,
          topics: names,
          instanceId: deps.instance === undefined ? undefined : `${prefix}${group}-${deps.instance}-${member.number}`,
          handler,
          maxBatch: options.maxBatch ?? 1_000,
          poisonAfter: options.poisonAfter ?? 5,
          retryFirstMs,
          retryMaxMs,
          sessionMs: deps.sessionMs ?? 10_000,
          maxQueuedBytes,
          log,
          health,
          topicName,
          setAside: (entry, reason) => setAside(group, entry, reason),
          onRetry: () => retries.add(),
          onQueued(bytes) {
            queuedBytes.set(member, bytes);
            queued.set(Math.max(...queuedBytes.values()));
          },
          onFenced: () => deps.onFenced?.(),
        });
        subscriptions.add(subscription);
        return {
          async close() {
            await subscription.close();
            leave(group, member);
          },
        };
      } catch (thrown) {
        leave(group, member);
        if (thrown instanceof Failure) throw thrown;
        throw fail('service.unavailable', { detail: 'The consumer group could not be joined.', cause: thrown });
      }
    },
    async listen(wanted, handler, options) {
      if (closed) throw fail('service.unavailable', 'The bus is closed.');
      const names = wanted.map((topic) => prefix + topic);
      await ensure(names);
      const listener = createListener({ topics: wanted, handler, ...options, log, retryFirstMs, retryMaxMs });
      try {
        const subscription = await listenTopics(listener, {
          ...{ address, clientId, topics: names, maxQueuedBytes, log, health, topicName, keys: options.keys },
        });
        subscriptions.add(subscription);
        return subscription;
      } catch (thrown) {
        throw fail('service.unavailable', { detail: 'The topics could not be listened to.', cause: thrown });
      }
    },
    async close() {
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await Promise.all([publisher.close(), topics.close()]);
    },
  };
}
