import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, Connection } from 'rabbitmq-client';
import { fail } from '../../../kernel/errors.ts';
import type { BrokerTopology } from '../broker-topology.ts';
import { createTopology, declareExchange, declareGroup, type Topology } from './topology.ts';

const answerMs = 60_000;
const closeMs = 2_000;

/** For `parley migrate`; idempotent. Returns what was created. */
export function createQueues(wanted: BrokerTopology): Promise<readonly string[]> {
  return withConnection(wanted, async (connection, topology) => {
    const missing = await findMissing(connection, topology, wanted);
    const channel = await acquire(connection);
    for (const topic of wanted.topics) await declareExchange(channel, topology.exchange(topic));
    for (const group of wanted.groups) await declareGroup(channel, topology, group);
    await channel.close();
    return missing;
  });
}

export function findMissingQueues(wanted: BrokerTopology): Promise<readonly string[]> {
  return withConnection(wanted, (connection, topology) => findMissing(connection, topology, wanted));
}

async function withConnection<T>(
  { url, prefix, partitions }: BrokerTopology,
  work: (connection: Connection, topology: Topology) => Promise<T>,
): Promise<T> {
  const connection = new Connection({ url, acquireTimeout: 10_000, connectionName: 'parley migrate' });
  connection.on('error', () => {});
  try {
    return await inTime(work(connection, createTopology(prefix, partitions)));
  } catch (cause) {
    if (cause instanceof PartitionsChanged) throw cause;
    const { host } = new URL(url);
    throw fail('service.unavailable', { detail: `RabbitMQ could not be asked for its queues at ${host}.`, cause });
  } finally {
    await Promise.race([connection.close(), sleep(closeMs, null, { ref: false })]);
    connection.unsafeDestroy();
  }
}

/** A broker that has just come back may leave questions about some queues unanswered. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = sleep(answerMs, null, { signal: ended.signal }).then(() => {
    throw new Error('RabbitMQ did not answer in time.');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
    late.catch(() => {});
  }
}

/** Other processes would put a key elsewhere, and consumers of this one leave queues unread. */
class PartitionsChanged extends Error {}

async function findMissing(connection: Connection, topology: Topology, wanted: BrokerTopology): Promise<string[]> {
  const check = createCheck(connection);
  try {
    return await askForAll(check.exists, topology, wanted);
  } finally {
    await check.close();
  }
}

type Exists = ReturnType<typeof createCheck>['exists'];

async function askForAll(exists: Exists, topology: Topology, wanted: BrokerTopology): Promise<string[]> {
  const hasQueue = (queue: string) => exists((channel) => channel.queueDeclare({ queue, passive: true }));
  const missing: string[] = [];
  for (const topic of wanted.topics) {
    const exchange = topology.exchange(topic);
    const declaration = { exchange, type: 'direct', passive: true };
    if (!(await exists((channel) => channel.exchangeDeclare(declaration)))) missing.push(exchange);
  }
  for (const { group, topics } of wanted.groups) {
    for (const topic of topics) {
      const queues = Array.from({ length: wanted.partitions }, (_, i) => topology.queue(topic, group, i));
      for (const queue of [...queues, topology.deadQueue(topic, group)]) {
        if (!(await hasQueue(queue))) missing.push(queue);
      }
      if (await hasQueue(topology.queue(topic, group, wanted.partitions))) {
        throw new PartitionsChanged(
          `RabbitMQ has more than ${wanted.partitions} queues for ${topic} and ${group}: the number of partitions is fixed at creation`,
        );
      }
    }
  }
  return missing;
}

/** Asks the broker, which closes the channel on which it is asked for what it does not have. */
function createCheck(connection: Connection) {
  let channel: Channel | null = null;
  async function close(): Promise<void> {
    const used = channel;
    channel = null;
    await used?.close();
  }
  async function exists(ask: (channel: Channel) => Promise<unknown>): Promise<boolean> {
    channel ??= await acquire(connection);
    try {
      await ask(channel);
      return true;
    } catch (thrown) {
      await close();
      if ((thrown as { code?: string }).code === 'NOT_FOUND') return false;
      throw thrown;
    }
  }
  return { exists, close };
}

async function acquire(connection: Connection): Promise<Channel> {
  const channel = await connection.acquire({ emitErrorsFromChannel: true });
  channel.on('error', () => {});
  return channel;
}
