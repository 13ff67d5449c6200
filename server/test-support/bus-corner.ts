import { randomUUID } from 'node:crypto';
import { Admin } from '@platformatic/kafka';
import { Connection } from 'rabbitmq-client';
import { parseKafkaUrl } from '../src/adapters/bus/kafka/parse-kafka-url.ts';
import { createTopology } from '../src/adapters/bus/rabbitmq/topology.ts';
import { type GroupTopology, topics } from '../src/ports/bus.ts';

export const cornerPartitions = 2;

/** Names of one's own at a broker that others use too, as `--bus` says them. */
export interface BusCorner {
  readonly option: string;
  /** As adapters want it. */
  readonly prefix: string;
  /** Removes what `migrateBus` created. */
  clean(): Promise<void>;
}

export const busEngines = ['kafka', 'rabbitmq'] as const;

export type BusEngine = (typeof busEngines)[number];

/** @param groups all that will be created there */
export function openBusCorner(engine: BusEngine, url: string, groups: readonly GroupTopology[]): BusCorner {
  const name = `c${randomUUID().slice(0, 8)}`;
  const prefix = `${name}.`;
  return engine === 'kafka'
    ? { option: `${url}/${name}`, prefix, clean: () => cleanKafka(url, prefix) }
    : { option: `${url}?prefix=${name}`, prefix, clean: () => cleanRabbitmq(url, prefix, groups) };
}

async function cleanKafka(url: string, prefix: string): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...parseKafkaUrl(url).brokers] });
  const names = (await admin.listTopics({})).filter((name) => name.startsWith(prefix));
  if (names.length > 0) await admin.deleteTopics({ topics: names });
  await admin.close();
}

async function cleanRabbitmq(url: string, prefix: string, groups: readonly GroupTopology[]): Promise<void> {
  const topology = createTopology(prefix, cornerPartitions);
  const connection = new Connection(url);
  for (const { group, topics: read } of groups) {
    for (const topic of read) {
      await connection.queueDelete(topology.deadQueue(topic, group));
      for (let i = 0; i < cornerPartitions; i++) await connection.queueDelete(topology.queue(topic, group, i));
    }
  }
  for (const topic of Object.values(topics)) await connection.exchangeDelete({ exchange: topology.exchange(topic) });
  await connection.close();
}
