import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
// @ts-expect-error a script without types
import { down, up } from '../../../../scripts/engines/rabbitmq.mjs';
import { createCollector, createRecord, numberOf, range } from '../../../conformance/bus/fixtures.ts';
import { type BusCorner, busEngines, cornerPartitions, openBusCorner } from '../../../test-support/bus-corner.ts';
import { openCutProxy } from '../../../test-support/cut-proxy.ts';
import { engineTest, engineUrl } from '../../../test-support/engines.ts';
import { freePort } from '../../../test-support/free-port.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
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
      const { created } = await migrateBus(option, migration);
      for (const topic of busTopics) expect(created.filter((name) => name.includes(topic))).not.toEqual([]);
      expect(created.filter((name) => name.endsWith('.dead'))).toHaveLength(busGroups.flatMap((g) => g.topics).length);
      expect((await migrateBus(option, migration)).created).toEqual([]);
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
  engineTest('rabbitmq', 'is down to whoever asks, until it is back', async (url) => {
    const proxy = await openCutProxy(url);
    corner = openBusCorner('rabbitmq', proxy.url, busGroups);
    await migrateBus(corner.option, migration);
    const { bus, health } = await openBus(corner.option, deps);
    await bus.listen(['parley.chat'], () => {}, { onGap() {} });
    expect(health()).toEqual({ status: 'ok' });
    await proxy.cut();
    while (health()?.status === 'ok') await delay(50);
    expect(health()).toEqual({ status: 'down', detail: 'RabbitMQ does not answer' });
    await proxy.restore();
    while (health()?.status !== 'ok') await delay(50);
    await bus.close();
    await corner.clean();
    corner = null;
    await proxy.cut();
  });
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

/** A broker of our own: the one we were given need not have its management. */
describe('the bounds of the queues', () => {
  let dir = '';
  let url = '';
  let management = '';
  const ask = (path: string, method = 'GET', body?: string) => {
    const headers = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };
    return fetch(`${management}/api/${path}`, { method, headers, ...(body && { body }) });
  };
  beforeAll(async () => {
    if (!engineUrl('rabbitmq')) return;
    dir = mkdtempSync(join(tmpdir(), 'parley-rabbitmq-'));
    const [port, managementPort] = [await freePort(), await freePort()];
    writeFileSync(join(dir, 'enabled_plugins'), '[rabbitmq_management].');
    const settings = ['management.tcp.ip = 127.0.0.1', `management.tcp.port = ${managementPort}`, ''];
    writeFileSync(join(dir, 'rabbitmq.conf'), settings.join('\n'));
    url = ((await up({ dir, port, log: () => {} })) as { url: string }).url;
    management = `http://127.0.0.1:${managementPort}`;
    // The engine's own, which is for every queue.
    await ask('policies/%2F/parley-bounds', 'DELETE');
  }, 180_000);
  afterAll(async () => {
    if (!dir) return;
    await down({ dir });
    rmSync(dir, { recursive: true, force: true });
  });

  engineTest('rabbitmq', 'are a policy that migrate sets, and leaves alone once it is there', async () => {
    const option = `${url}?prefix=p&management=${management}`;
    const { created, advice } = await migrateBus(option, migration);
    expect(created[0]).toBe('policy p.parley-bounds');
    expect(advice).toBeNull();
    const readQueue = async () => (await ask('queues/%2F/p.parley.chat.router.0')).json() as Promise<object>;
    while (!('policy' in (await readQueue()))) await delay(100);
    expect(await readQueue()).toMatchObject({ policy: 'p.parley-bounds' });
    const other = JSON.stringify({ pattern: '^p', definition: { 'max-length': 5 }, 'apply-to': 'queues' });
    await ask('policies/%2F/p.parley-bounds', 'PUT', other);
    expect((await migrateBus(option, migration)).created).toEqual([]);
    expect(await (await ask('policies/%2F/p.parley-bounds')).json()).toMatchObject({ pattern: '^p' });
  });

  engineTest('rabbitmq', 'are for the operator to set where the management is not told', async () => {
    expect((await migrateBus(`${url}?prefix=q`, migration)).advice).toContain('rabbitmqctl set_policy');
    const wrong = `${url}?prefix=q&management=${management}`.replace('guest:guest', 'guest:wrong');
    await expect(migrateBus(wrong, migration)).rejects.toThrow('HTTP 401');
  });
});
