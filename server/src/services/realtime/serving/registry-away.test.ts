import { expect, test } from 'vitest';
import { TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';

const unavailable = { code: 'service.unavailable' };

async function begin() {
  const hub = await new TestHub().start();
  const c = hub.chat.create('c', ['ann', 'bob']);
  hub.loseStream();
  const [ann, bob] = [await hub.open('ann'), await hub.open('bob')];
  return { hub, c, ann, bob };
}

const pass = async (hub: TestHub, seconds: number) => {
  hub.tick(seconds);
  await hub.settle();
};

test('a hub starts without it, lets nobody in, and recovers by itself', async () => {
  const hub = new TestHub();
  hub.registry.away = fail('service.unavailable');
  await hub.start();
  expect(hub.realtime.unit.health?.()).toMatchObject({ status: 'degraded' });
  await expect(hub.open('ann')).rejects.toMatchObject(unavailable);
  expect(hub.realtime.hub.connectionCount).toBe(0);
  hub.registry.away = null;
  await pass(hub, 1);
  expect(hub.realtime.unit.health?.()).toEqual({ status: 'ok' });
  await hub.open('ann');
});

test('while it is away open connections stay and hear, new ones are refused', async () => {
  const { hub, c, ann } = await begin();
  hub.registry.away = fail('service.unavailable');
  await pass(hub, 3);
  hub.chat.send(c, 'bob');
  await hub.deliver(hub.chat.stream.slice(-1));
  await hub.settle();
  expect(ann.outlet.of('message')).toHaveLength(1);
  expect(ann.outlet.closed).toBeNull();
  const asked = hub.chat.calls.length;
  await expect(hub.open('cid')).rejects.toMatchObject(unavailable);
  expect(hub.chat.calls.length, 'without asking anybody').toBe(asked);
  // Who is here already needs nothing of it.
  await hub.open('ann');
  await pass(hub, 3);
  expect(hub.realtime.unit.health?.()).toMatchObject({ status: 'degraded' });
});

test('back without its data: everything is registered anew, and what passed by meanwhile is fetched', async () => {
  const { hub, c, ann } = await begin();
  hub.registry.away = fail('service.unavailable');
  await pass(hub, 8);
  hub.chat.send(c, 'bob');
  hub.loseStream();
  hub.registry.forget();
  hub.registry.away = null;
  await pass(hub, 1);
  expect(ann.outlet.of('message')).toHaveLength(1);
  expect([[...hub.registry.users].sort(), [...hub.registry.conversations]]).toEqual([['ann', 'bob'], ['c']]);
  expect(hub.realtime.unit.health?.()).toEqual({ status: 'ok' });
});

test('back with its data: who has gone meanwhile is dropped, who came back is not', async () => {
  const { hub, ann, bob } = await begin();
  hub.registry.away = fail('service.unavailable');
  ann.connection.closed();
  bob.connection.closed();
  await hub.settle();
  expect(hub.registry.users.size).toBe(2);
  hub.registry.latency = () => 1;
  hub.registry.away = null;
  await hub.open('bob');
  await pass(hub, 1);
  expect([...hub.registry.users]).toEqual(['bob' as AccountId]);
  expect([...hub.registry.conversations]).toEqual(['c']);
});

test('a comparison may take longer than the lease, which is kept meanwhile', async () => {
  const { hub, ann } = await begin();
  hub.registry.forget();
  hub.chat.latency = () => 40;
  for (let i = 0; i < 20; i++) {
    hub.tick(1);
    await new Promise(setImmediate);
  }
  await hub.settle();
  expect(hub.chat.calls.filter((call) => call === 'heads').length).toBeLessThan(10);
  expect(hub.realtime.unit.health?.()).toEqual({ status: 'ok' });
  expect(ann.outlet.closed).toBeNull();
});

test('stopping does not depend on it', async () => {
  const { hub, ann } = await begin();
  hub.registry.away = fail('service.unavailable');
  await hub.realtime.unit.drain?.();
  await hub.realtime.unit.stop?.();
  expect(ann.outlet.closed).toBe(4000);
});
