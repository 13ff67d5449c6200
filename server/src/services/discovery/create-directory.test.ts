import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMemoryInstanceStore } from '../../adapters/instance-store/memory/create-memory-instance-store.ts';
import { systemClock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { DiscoveryApi } from './api.ts';
import { createDirectory, type Directory } from './create-directory.ts';
import { createDiscovery } from './module.ts';

const ctx = systemContext('test', 1e9);
const chat = (n: number) => ({ id: `chat-${n}`, service: 'chat', address: `host:${n}` });
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A discovery process that can be killed, and restarted without what it knew. */
function createProcess() {
  const start = () =>
    createDiscovery({
      store: createMemoryInstanceStore({ clock: systemClock }),
      ...{ clock: systemClock, log: silentLog, metrics: noMetrics },
    }).api;
  const process = { running: start() as DiscoveryApi | null, calls: [] as string[] };
  const call = (method: keyof DiscoveryApi) =>
    (async (...args: never[]) => {
      process.calls.push(method);
      if (!process.running) throw fail('service.unavailable');
      return (process.running[method] as (...args: never[]) => unknown)(...args);
    }) as never;
  const api: DiscoveryApi = {
    registerService: call('registerService'),
    heartbeat: call('heartbeat'),
    unregisterService: call('unregisterService'),
    discoverServices: call('discoverServices'),
    discoverService: call('discoverService'),
    statusCheck: call('statusCheck'),
  };
  return {
    api,
    calls: process.calls,
    kill() {
      process.running = null;
    },
    start() {
      process.running = start();
    },
  };
}

const opened: Directory[] = [];

async function open(...discovery: readonly DiscoveryApi[]): Promise<Directory> {
  const directory = createDirectory({ discovery, clock: systemClock, log: silentLog, metrics: noMetrics });
  opened.push(directory);
  await directory.unit.start?.();
  return directory;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(async () => {
  const stopped = Promise.all(opened.splice(0).map((directory) => directory.unit.stop?.()));
  await pass(10_000);
  await stopped;
  vi.useRealTimers();
});

describe('a directory', () => {
  test('finds who runs a service as soon as it is asked for, and hears of who comes and goes', async () => {
    const discovery = createProcess();
    await discovery.api.registerService(ctx, [chat(1)], 10_000);
    const source = (await open(discovery.api)).source('chat');
    expect(source.list()).toEqual([]);
    await pass(1);
    expect(source.list()).toEqual([chat(1)]);
    await discovery.api.registerService(ctx, [chat(2)], 10_000);
    await pass(1_000);
    expect(source.list()).toEqual([chat(1), chat(2)]);
    await pass(10_000);
    await discovery.api.registerService(ctx, [chat(2)], 10_000);
    await pass(1_000);
    expect(source.list()).toEqual([chat(2)]);
  });

  test('asks once for all services, and a service that is named while it asks does not wait for the next time', async () => {
    const discovery = createProcess();
    await discovery.api.registerService(ctx, [chat(1), { ...chat(1), service: 'people' }], 10_000);
    const directory = await open(discovery.api);
    const sources = ['chat', 'people', 'relay'].map((name) => directory.source(name));
    discovery.calls.length = 0;
    await pass(1);
    expect(discovery.calls).toEqual(['discoverServices']);
    expect(sources.map((source) => source.list().length)).toEqual([1, 1, 0]);
  });

  test('refreshes at once for who found an instance gone, once for all who ask, and not without bounds', async () => {
    const discovery = createProcess();
    const source = (await open(discovery.api)).source('chat');
    await pass(200);
    await discovery.api.registerService(ctx, [chat(1)], 10_000);
    discovery.calls.length = 0;
    const refreshed = Promise.all([source.refresh(), source.refresh(), source.refresh()]);
    await pass(0);
    await refreshed;
    expect(source.list()).toEqual([chat(1)]);
    expect(discovery.calls).toEqual(['discoverServices']);
    const again = source.refresh();
    await pass(99);
    expect(discovery.calls).toHaveLength(1);
    await pass(1);
    await again;
    expect(discovery.calls).toHaveLength(2);
  });

  test('registers what this process runs, keeps it alive, and unregisters it', async () => {
    const discovery = createProcess();
    const directory = await open(discovery.api);
    const find = async () => (await discovery.api.discoverServices(ctx, ['chat', 'process'])).instances;
    directory.announce([chat(1)]);
    directory.announce([{ ...chat(1), service: 'process' }]);
    await pass(1_000);
    expect(await find()).toHaveLength(2);
    await pass(60_000);
    expect(await find()).toHaveLength(2);
    await directory.withdraw();
    expect(await find()).toEqual([]);
    await pass(5_000);
    expect(await find()).toEqual([]);
  });

  test('registers anew what discovery has forgotten', async () => {
    const discovery = createProcess();
    const directory = await open(discovery.api);
    directory.announce([chat(1)]);
    await pass(1_000);
    discovery.kill();
    discovery.start();
    await pass(1_000);
    expect((await discovery.api.discoverServices(ctx, ['chat'])).instances).toEqual([chat(1)]);
  });

  test('comes up before discovery does', async () => {
    const discovery = createProcess();
    discovery.kill();
    const directory = await open(discovery.api);
    const source = directory.source('chat');
    directory.announce([chat(1)]);
    await pass(10_000);
    expect(directory.unit.health?.()).toMatchObject({ status: 'degraded' });
    discovery.start();
    await pass(3_000);
    expect(source.list()).toEqual([chat(1)]);
    expect(directory.unit.health?.()).toEqual({ status: 'ok' });
  });

  test('keeps what it knows while discovery is away, however long, and says so', async () => {
    const discovery = createProcess();
    await discovery.api.registerService(ctx, [chat(1), chat(2)], 10_000);
    const directory = await open(discovery.api);
    const source = directory.source('chat');
    await pass(1);
    discovery.kill();
    await pass(3_600_000);
    expect(source.list()).toEqual([chat(1), chat(2)]);
    expect(directory.unit.health?.()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('3599 s') });
  });

  test('drops nobody for the answer of a discovery that has just begun, and the dead once it is settled', async () => {
    const discovery = createProcess();
    await discovery.api.registerService(ctx, [chat(1), chat(2)], 10_000);
    const directory = await open(discovery.api);
    const source = directory.source('chat');
    await pass(1);
    discovery.kill();
    discovery.start();
    const living = setInterval(() => void discovery.api.registerService(ctx, [chat(2), chat(3)], 10_000), 1_000);
    await pass(2_500);
    expect(source.list()).toEqual([chat(1), chat(2), chat(3)]);
    await pass(10_000);
    expect(source.list()).toEqual([chat(2), chat(3)]);
    clearInterval(living);
  });

  test('asks the next discovery process when one is away, and drops nobody for what that one has not heard yet', async () => {
    const [first, second] = [createProcess(), createProcess()];
    const [caller, callee] = [await open(first.api, second.api), await open(first.api, second.api)];
    const source = caller.source('chat');
    callee.announce([chat(1)]);
    await pass(60_000);
    expect(second.calls).toEqual([]);
    first.kill();
    for (let i = 0; i < 100; i++) {
      await pass(50);
      expect(source.list()).toEqual([chat(1)]);
    }
    expect((await second.api.discoverServices(ctx, ['chat'])).instances).toEqual([chat(1)]);
    await callee.withdraw();
    await pass(2_000);
    expect(source.list()).toEqual([]);
  });

  test('finds an instance by its id until it has gone, also when it has withdrawn', async () => {
    const discovery = createProcess();
    const [caller, callee] = [await open(discovery.api), await open(discovery.api)];
    const source = caller.source('chat');
    callee.announce([chat(1)]);
    await pass(11_000);
    await callee.withdraw();
    await pass(1_000);
    expect([source.list(), source.addressOf('chat-1'), source.addressOf('chat-2')]).toEqual([[], 'host:1', undefined]);
  });

  test('does not register again what it has withdrawn while a heartbeat was under way', async () => {
    const discovery = createProcess();
    const directory = await open(discovery.api);
    directory.announce([chat(1)]);
    const withdrawn = directory.withdraw();
    await pass(5_000);
    await withdrawn;
    expect((await discovery.api.discoverServices(ctx, ['chat'])).instances).toEqual([]);
  });
});
