import { afterEach, describe, expect } from 'vitest';
import { createCollector, createRecord, numberOf, range } from '../../conformance/bus/fixtures.ts';
import { type BusCorner, busEngines, cornerPartitions, openBusCorner } from '../../testing/bus-corner.ts';
import { engineTest } from '../../testing/engines.ts';
import { silentLog } from '../kernel/log.ts';
import { noMetrics } from '../kernel/metrics.ts';
import { busGroups, busTopics } from './bus-topology.ts';
import { migrateBus, openBus } from './open-bus.ts';

const deps = { log: silentLog, metrics: noMetrics, partitions: cornerPartitions };
const migration = { partitions: cornerPartitions, retentionHours: 1, log: silentLog };
let corner: BusCorner | null = null;
afterEach(async () => {
  await corner?.clean();
  corner = null;
});

for (const engine of busEngines) {
  describe(`a bus over ${engine}`, () => {
    engineTest(engine, 'is refused until migrate has run, which a second time has nothing to do', async (url) => {
      corner = openBusCorner(engine, url, busGroups);
      const { option } = corner;
      await expect(openBus(option, deps)).rejects.toThrow('run `parley migrate` with the same options first');
      const created = await migrateBus(option, migration);
      for (const topic of busTopics) expect(created.filter((name) => name.includes(topic))).not.toEqual([]);
      expect(created.filter((name) => name.endsWith('.dead'))).toHaveLength(busGroups.flatMap((g) => g.topics).length);
      expect(await migrateBus(option, migration)).toEqual([]);
      const { bus } = await openBus(option, deps);
      const all = createCollector();
      await bus.publish(range(0, 10).map((n) => createRecord(`key-${n}`, n)));
      await bus.subscribe('search', ['parley.chat'], async (records) => all.add(records));
      await all.seen(10);
      expect(all.got.map(numberOf).sort((a, b) => a - b)).toEqual(range(0, 10));
      await bus.close();
    });
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
    corner = openBusCorner('rabbitmq', url, busGroups);
    await migrateBus(corner.option, migration);
    const fewer = { ...deps, partitions: 1 };
    await expect(openBus(corner.option, fewer)).rejects.toThrow('the number of partitions is fixed at creation');
  });
});
