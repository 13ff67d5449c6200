import { describe, expect, test } from 'vitest';
import { createMemoryInstanceStore } from '../../adapters/instance-store/memory/create-memory-instance-store.ts';
import { systemContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { InstanceStore } from '../../ports/instance-store.ts';
import { createDiscovery } from './module.ts';

const ctx = systemContext('test');
const chat = (n: number) => ({ id: `chat-${n}`, service: 'chat', address: `host:${n}` });

function setUp() {
  const time = { now: 0 };
  const clock = { wall: () => 0, monotonic: () => time.now };
  const sound = createMemoryInstanceStore({ clock });
  const store: InstanceStore & { away: boolean } = {
    ...sound,
    away: false,
    async list() {
      if (store.away) throw fail('service.unavailable');
      return sound.list();
    },
  };
  return { time, store, ...createDiscovery({ store, clock, log: silentLog, metrics: noMetrics }) };
}

describe('discovery', () => {
  test('tells every live instance of the services asked for, each once, however often it registers', async () => {
    const { api } = setUp();
    const people = { id: 'people-1', service: 'people', address: 'host:1' };
    for (let i = 0; i < 3; i++) await api.registerService(ctx, [chat(1), chat(2), people], 4_000);
    const { instances } = await api.discoverServices(ctx, ['chat']);
    expect(instances).toEqual([chat(1), chat(2)]);
    expect((await api.discoverServices(ctx, ['chat', 'people', 'nobody'])).instances).toHaveLength(3);
  });

  test('a service that stops to send heartbeats, or unregisters, is served to nobody', async () => {
    const { api, time } = setUp();
    await api.registerService(ctx, [chat(1), chat(2), chat(3)], 4_000);
    await api.unregisterService(ctx, ['chat-3']);
    time.now += 3_000;
    expect(await api.heartbeat(ctx, ['chat-1', 'chat-3'])).toEqual([true, false]);
    time.now += 3_000;
    expect((await api.discoverServices(ctx, ['chat'])).instances).toEqual([chat(1)]);
    expect(await api.heartbeat(ctx, ['chat-2'])).toEqual([false]);
  });

  test('a single instance is another one at each call, not always the first', async () => {
    const { api } = setUp();
    expect(await api.discoverService(ctx, 'chat')).toBeNull();
    await api.registerService(ctx, [chat(1), chat(2)], 4_000);
    const found = await Promise.all([1, 2, 3, 4].map(() => api.discoverService(ctx, 'chat')));
    expect(found.map((instance) => instance?.id).sort()).toEqual(['chat-1', 'chat-1', 'chat-2', 'chat-2']);
  });

  test('what others may not know yet is not settled: after a start, and after an outage of the store', async () => {
    const { api, time, store, unit } = setUp();
    const isSettled = async () => (await api.discoverServices(ctx, ['chat'])).settled;
    time.now = 9_999;
    expect(await isSettled()).toBe(false);
    time.now = 10_000;
    expect(await isSettled()).toBe(true);
    store.away = true;
    time.now = 15_000;
    await expect(isSettled()).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(unit.health?.().status).toBe('down');
    expect(await api.statusCheck(ctx)).toEqual({ store: 'away', uptimeSeconds: 15, instances: null });
    store.away = false;
    time.now = 24_999;
    expect(await isSettled()).toBe(false);
    time.now = 25_000;
    expect(await isSettled()).toBe(true);
    expect(unit.health?.().status).toBe('ok');
    expect(await api.statusCheck(ctx)).toEqual({ store: 'ok', uptimeSeconds: 25, instances: 0 });
  });

  test('a store that was lost is not settled, however long discovery has been there', async () => {
    const { api, time, store } = setUp();
    time.now = 60_000;
    const { list } = store;
    store.list = async () => ({ ...(await list()), ageMs: 9_000 });
    expect((await api.discoverServices(ctx, [])).settled).toBe(false);
  });

  test.each([
    [{ ...chat(1), address: 'host' }, 'address'],
    [{ ...chat(1), address: 'host:0' }, 'address'],
    [{ ...chat(1), address: 'host:65536' }, 'address'],
    [{ ...chat(1), address: 'a b:1' }, 'address'],
    [{ ...chat(1), address: '' }, 'address'],
    [{ ...chat(1), service: '' }, 'service'],
    [{ ...chat(1), service: 'Chat' }, 'service'],
    [{ ...chat(1), id: '' }, 'id'],
    [{ ...chat(1), id: 'a b' }, 'id'],
  ])('refuses %o: its %s is none', async (instance, path) => {
    const { api } = setUp();
    await expect(api.registerService(ctx, [chat(2), instance], 4_000)).rejects.toMatchObject({
      code: 'request.invalid',
      problems: [{ path }],
    });
    expect((await api.discoverServices(ctx, ['chat'])).instances).toEqual([]);
  });

  test.each(['chat.default.svc:5000', '10.0.0.1:1', '[::1]:65535'])('an address may be %s', async (address) => {
    const { api } = setUp();
    await api.registerService(ctx, [{ ...chat(1), address }], 4_000);
    expect((await api.discoverServices(ctx, ['chat'])).instances).toHaveLength(1);
  });

  test.each([0, 999, 10_001, Number.NaN])('refuses a lease of %d ms', async (leaseMs) => {
    await expect(setUp().api.registerService(ctx, [chat(1)], leaseMs)).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });
});
