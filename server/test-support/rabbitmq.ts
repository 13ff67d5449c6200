import { randomUUID } from 'node:crypto';
import { type Channel, Connection } from 'rabbitmq-client';
import { createRabbitmqBus, type RabbitmqBusDeps } from '../src/adapters/bus/rabbitmq/create-rabbitmq-bus.ts';
import { createTopology } from '../src/adapters/bus/rabbitmq/topology.ts';
import { silentLog } from '../src/kernel/log.ts';
import { type Bus, type GroupTopology, topics } from '../src/ports/bus.ts';

export const partitions = 4;

/** A corner of the broker with names of its own, removed by `clean`. */
export interface RabbitmqCorner {
  openBus(options?: Partial<RabbitmqBusDeps>): Bus;
  withChannel<T>(use: (channel: Channel) => Promise<T>): Promise<T>;
  readonly prefix: string;
  readonly topology: ReturnType<typeof createTopology>;
  deadLetters(group: string): Promise<{ key: string; reason: string; body: string }[]>;
  clean(): Promise<void>;
}

export function openRabbitmqCorner(url: string): RabbitmqCorner {
  const prefix = `test-${randomUUID()}.`;
  const topology = createTopology(prefix, partitions);
  const groups = new Map<string, GroupTopology>();

  async function withChannel<T>(use: (channel: Channel) => Promise<T>): Promise<T> {
    const connection = new Connection({ url, retryLow: 100, retryHigh: 500 });
    connection.on('error', () => {});
    try {
      const channel = await connection.acquire();
      return await use(channel).finally(() => channel.close());
    } finally {
      await connection.close();
    }
  }

  return {
    prefix,
    topology,
    withChannel,
    openBus(options = {}) {
      for (const group of options.groups ?? []) groups.set(group.group, group);
      const pauses = { retryFirstMs: 1, retryMaxMs: 4 };
      const bus = createRabbitmqBus({ url, log: silentLog, groups: [], prefix, partitions, ...pauses, ...options });
      return {
        ...bus,
        subscribe(group, read, handler, more) {
          groups.set(group, { group, topics: read });
          return bus.subscribe(group, read, handler, more);
        },
      };
    },
    async deadLetters(group) {
      const read = groups.get(group)?.topics ?? [];
      return withChannel(async (channel) => {
        const letters = [];
        for (const topic of read) {
          const queue = topology.deadQueue(topic, group);
          for (let letter = await channel.basicGet(queue); letter; letter = await channel.basicGet(queue)) {
            const headers = letter.headers as { key: string; reason: string };
            letters.push({ key: headers.key, reason: headers.reason, body: JSON.stringify(letter.body) });
          }
        }
        return letters;
      });
    },
    async clean() {
      await withChannel(async (channel) => {
        for (const { group, topics: read } of groups.values()) {
          for (const topic of read) {
            await channel.queueDelete(topology.deadQueue(topic, group));
            for (let i = 0; i < partitions; i++) await channel.queueDelete(topology.queue(topic, group, i));
          }
        }
        for (const topic of Object.values(topics)) await channel.exchangeDelete({ exchange: topology.exchange(topic) });
      });
    },
  };
}
