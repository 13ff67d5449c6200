import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error a script without types
import { down, up } from '../../../scripts/engines/kafka.mjs';
import { createKafkaBus } from '../../src/adapters/bus/kafka/create-kafka-bus.ts';
import { parseKafkaUrl } from '../../src/adapters/bus/kafka/parse-kafka-url.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { noMetrics } from '../../src/kernel/metrics.ts';
import type { Bus, BusRecord } from '../../src/ports/bus.ts';
import { engineUrl } from '../../test-support/engines.ts';
import { freePort } from '../../test-support/free-port.ts';
import { durableBusProperties } from './durable-properties.ts';
import { createCollector, createGate, createRecord, group, numberOf, range, topic } from './fixtures.ts';
import { createDurableKafkaSubject, createKafkaSubject, durableFaults } from './kafka-subject.ts';
import { listenProperties } from './listen-properties.ts';
import { busProperties } from './properties.ts';

const url = engineUrl('kafka');

describe.skipIf(url === null)('the Kafka bus', () => {
  for (const property of [...busProperties, ...listenProperties]) {
    test(property.name, async () => {
      const subject = createKafkaSubject(url!);
      try {
        await property.check(subject);
      } finally {
        await subject.bus.close();
      }
    });
  }

  test('says that it is durable', () => {
    expect(createKafkaSubject(url!).bus.guarantees.durable).toBe(true);
  });

  for (const property of durableBusProperties.filter(({ restartsBroker }) => !restartsBroker)) {
    test(property.name, async () => {
      const subject = createDurableKafkaSubject(url!);
      try {
        await property.check(subject);
      } finally {
        await subject.bus.close();
      }
    });
  }
});

describe.skipIf(url === null)('the Kafka bus, fetching ahead', () => {
  test('stops at its bound while the handler is busy, and goes on as it works', async () => {
    const maxQueuedBytes = 200_000;
    let most = 0;
    const gauge = {
      set(bytes: number) {
        most = Math.max(most, bytes);
        if (bytes >= maxQueuedBytes) full.open();
      },
    };
    const full = createGate();
    const { bus } = createKafkaSubject(url!, {
      maxQueuedBytes,
      partitions: 1,
      metrics: { ...noMetrics, gauge: () => gauge },
    });
    const gate = createGate();
    const all = createCollector();
    const handler = async (records: readonly BusRecord[]) => {
      await gate.opened;
      all.add(records);
    };
    await bus.subscribe(group(), [topic], handler, { maxBatch: 10 });
    // 400 kB in memory, twice the bound, in each of twenty publishes.
    for (const at of range(0, 20)) {
      const records = range(0, 40).map((n) => createRecord('a', 40 * at + n));
      await bus.publish(records.map((record) => pad(record, 4_000)));
    }
    await full.opened;
    gate.open();
    await all.seen(800);
    expect(all.got.map(numberOf)).toEqual(range(0, 800));
    expect(most).toBeLessThan(6 * maxQueuedBytes);
    await bus.close();
  });
});

describe.skipIf(url === null)('the Kafka bus, listening', () => {
  test('tells of records that are gone from the topic, and goes on', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`;
    const { bus } = createKafkaSubject(url!, { prefix, partitions: 1 });
    const [before, after] = [createCollector(), createCollector()];
    const gap = createGate();
    const handler = (records: readonly BusRecord[]) => (gap.isOpen() ? after : before).add(records);
    await bus.listen([topic], handler, { onGap: gap.open });
    await bus.publish(range(0, 10).map((n) => createRecord('a', n)));
    await before.seen(10);
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...parseKafkaUrl(url!).brokers] });
    await admin.deleteTopics({ topics: [prefix + topic] });
    await admin.close();
    const { bus: another } = createKafkaSubject(url!, { prefix, partitions: 1 });
    while (!(await isPublished(another, createRecord('a', 10)))) await delay(100);
    await gap.opened;
    await another.publish([createRecord('a', 11)]);
    while (!after.got.some((record) => numberOf(record) === 11)) await delay(50);
    await Promise.all([bus.close(), another.close()]);
  });
});

const isPublished = (bus: Bus, record: BusRecord) =>
  bus.publish([record]).then(
    () => true,
    () => false,
  );

function pad(record: BusRecord, bytes: number): BusRecord {
  return { ...record, value: { ...record.value, after: { ...record.value.after, text: 'x'.repeat(bytes) } } };
}

/** Fault → words of the property that must notice it. */
const noticedBy: Record<keyof typeof durableFaults, string> = {
  'a group is another one in every process': 'resumes in another process',
  'offsets are committed before the handler has ended': 'a killed process',
  'a member goes on with what it has given away': 'in mid-stream, losing nothing',
};

describe.skipIf(url === null)('the durable suite notices that', () => {
  for (const fault of Object.keys(durableFaults) as (keyof typeof durableFaults)[]) {
    test(fault, async () => {
      const property = durableBusProperties.find(({ name }) => name.includes(noticedBy[fault]));
      const subject = createDurableKafkaSubject(url!, { fault });
      const never = new Promise<void>((_, reject) => setTimeout(() => reject(new Error('it never happened')), 15_000));
      await expect(Promise.race([property!.check(subject), never])).rejects.toThrow();
      await subject.bus.close();
    });
  }
});

/** A broker of our own: others use the one we were given. */
describe.skipIf(url === null)('the Kafka bus, its broker', () => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-kafka-'));
  let quiet: { dir: string; port: number; log(): void };

  beforeAll(async () => {
    quiet = { dir, port: await freePort(), log: () => {} };
  });
  afterAll(async () => {
    await down({ dir });
    rmSync(dir, { recursive: true, force: true });
  });

  test('is down to whoever asks while it is away', async () => {
    const own = (await up(quiet)) as { url: string };
    const bus = createKafkaBus({ url: own.url, log: silentLog, prefix: `t${randomUUID().slice(0, 8)}.` });
    await bus.listen([topic], () => {}, { onGap() {} });
    expect(bus.health()).toEqual({ status: 'ok' });
    await down({ dir });
    while (bus.health().status === 'ok') await delay(100);
    expect(bus.health()).toEqual({ status: 'down', detail: 'Kafka does not answer' });
    await up(quiet);
    while (bus.health().status !== 'ok') await delay(100);
    await bus.close();
  }, 180_000);

  for (const property of durableBusProperties.filter(({ restartsBroker }) => restartsBroker)) {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      test(`${property.name}: ${signal}`, async () => {
        const own = (await up(quiet)) as { url: string };
        const subject = createDurableKafkaSubject(own.url, {
          async restartBroker() {
            await down({ dir, signal });
            await up(quiet);
          },
        });
        try {
          await property.check(subject);
        } finally {
          await subject.bus.close();
        }
      }, 180_000);
    }
  }
});
