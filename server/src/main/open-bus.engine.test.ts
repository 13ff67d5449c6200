import { randomUUID } from 'node:crypto';
import { Admin } from '@platformatic/kafka';
import { Connection } from 'rabbitmq-client';
import { afterEach, describe, expect } from 'vitest';
import { createCollector, createRecord, numberOf, range } from '../../conformance/bus/fixtures.ts';
import { type EngineName, engineTest } from '../../testing/engines.ts';
import { parseKafkaUrl } from '../adapters/bus/kafka/parse-kafka-url.ts';
import { createTopology } from '../adapters/bus/rabbitmq/topology.ts';
import { silentLog } from '../kernel/log.ts';
import { noMetrics } from '../kernel/metrics.ts';
import { busGroups, busTopics } from './bus-topology.ts';
import { migrateBus, openBus } from './open-bus.ts';

const partitions = 2;
const deps = { log: silentLog, metrics: noMetrics, partitions };
const migration = { partitions, retentionHours: 1, log: silentLog };
let clean: (() => Promise<void>) | null = null;
afterEach(async () => {
  await clean?.();
  clean = null;
});

/** Engine → the option that names a corner of its own at that engine. */
const engines: Partial<Record<EngineName, (url: string) => string>> = {
  kafka(url) {
    const prefix = randomUUID().slice(0, 8);
    clean = () => cleanKafka(url, prefix);
    return `${url}/${prefix}`;
  },
  rabbitmq(url) {
    const prefix = randomUUID().slice(0, 8);
    clean = () => cleanRabbitmq(url, prefix);
    return `${url}?prefix=${prefix}`;
  },
};

for (const [engine, nameCorner] of Object.entries(engines)) {
  describe(`a bus over ${engine}`, () => {
    engineTest(
      engine as EngineName,
      'is refused until migrate has run, which a second time has nothing to do',
      async (url) => {
        const option = nameCorner(url);
        await expect(openBus(option, deps)).rejects.toThrow('run `parley migrate` with the same options first');
        const created = await migrateBus(option, migration);
        for (const topic of busTopics) expect(created.filter((name) => name.includes(topic))).not.toEqual([]);
        expect(created.filter((name) => name.endsWith('.dead'))).toHaveLength(
          busGroups.flatMap((g) => g.topics).length,
        );
        expect(await migrateBus(option, migration)).toEqual([]);
        const { bus } = await openBus(option, deps);
        const all = createCollector();
        await bus.publish(range(0, 10).map((n) => createRecord(`key-${n}`, n)));
        await bus.subscribe('search', ['parley.chat'], async (records) => all.add(records));
        await all.seen(10);
        expect(all.got.map(numberOf).sort((a, b) => a - b)).toEqual(range(0, 10));
        await bus.close();
      },
    );
  });
}

describe('a broker that is away', () => {
  engineTest('rabbitmq', 'is named', async () => {
    await expect(openBus('amqp://127.0.0.1:1', deps)).rejects.toThrow('127.0.0.1:1');
  });
  engineTest('kafka', 'is named', async () => {
    await expect(openBus('kafka://127.0.0.1:1', deps)).rejects.toThrow('127.0.0.1:1');
  });
});

describe('the partitions of RabbitMQ', () => {
  engineTest('rabbitmq', 'cannot be fewer than were created', async (url) => {
    const option = engines.rabbitmq!(url);
    await migrateBus(option, migration);
    const fewer = { ...deps, partitions: 1 };
    await expect(openBus(option, fewer)).rejects.toThrow('the number of partitions is fixed at creation');
  });
});

async function cleanKafka(url: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...parseKafkaUrl(url).brokers] });
  const names = (await admin.listTopics({})).filter((name) => name.startsWith(`${prefix}.`));
  if (names.length > 0) await admin.deleteTopics({ topics: names });
  await admin.close();
}

async function cleanRabbitmq(url: string, prefix: string): Promise<void> {
  const topology = createTopology(`${prefix}.`, partitions);
  const connection = new Connection(url);
  for (const { group, topics } of busGroups) {
    for (const topic of topics) {
      await connection.queueDelete(topology.deadQueue(topic, group));
      for (const i of range(0, partitions)) await connection.queueDelete(topology.queue(topic, group, i));
    }
  }
  for (const topic of busTopics) await connection.exchangeDelete({ exchange: topology.exchange(topic) });
  await connection.close();
}
