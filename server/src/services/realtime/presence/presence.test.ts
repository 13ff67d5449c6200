import { expect, test } from 'vitest';
import { TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { createMemoryHubRegistry } from '../../../adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';

const bob = 'bob' as AccountId;
const online = { online: true, lastSeen: null };

/** Ann watches Bob, who is not connected here. */
async function begin(before?: (hub: TestHub) => void) {
  const hub = await new TestHub().start();
  before?.(hub);
  const ann = await hub.open('ann');
  ann.connection.watchPresence([bob]);
  await hub.settle();
  const told = () => ann.outlet.of('presence').map(({ user, online: here }) => [user, here]);
  /** Bob has left the other hub, at this moment. */
  const left = () => void hub.registry.others.set(bob, { online: false, lastSeen: new Date(hub.now).toISOString() });
  const pass = async (seconds: number) => {
    hub.tick(seconds);
    await hub.settle();
  };
  return { hub, ann, told, left, pass };
}

test('who is connected to another hub is online here, told at once and then only on change', async () => {
  const { hub, ann, told, left, pass } = await begin((hub) => void hub.registry.others.set(bob, online));
  expect(told()).toEqual([[bob, true]]);
  await pass(10);
  expect(told()).toEqual([[bob, true]]);
  left();
  const seen = new Date(hub.now).toISOString();
  await pass(2);
  await pass(2);
  expect(told()).toEqual([
    [bob, true],
    [bob, false],
  ]);
  expect(ann.outlet.of('presence').at(-1)?.lastSeen).toBe(seen);
  hub.registry.others.set(bob, online);
  await pass(2);
  expect(told().at(-1)).toEqual([bob, true]);
});

test('the way from one hub to another is no absence', async () => {
  const { hub, told, left, pass } = await begin((hub) => void hub.registry.others.set(bob, online));
  await pass(1);
  left();
  await pass(1);
  hub.registry.others.set(bob, online);
  await pass(4);
  left();
  hub.tick(1);
  const { connection } = await hub.open('bob');
  await pass(4);
  // And from here to another one.
  connection.closed();
  await hub.settle();
  hub.registry.others.set(bob, online);
  await pass(6);
  expect(told()).toEqual([[bob, true]]);
});

test('who leaves this hub and stays at another one stays online', async () => {
  const { hub, told, pass } = await begin();
  const { connection } = await hub.open('bob');
  await pass(2);
  connection.closed();
  await hub.settle();
  hub.registry.others.set(bob, online);
  await pass(6);
  expect(told()).toEqual([
    [bob, false],
    [bob, true],
  ]);
});

test('the users of a hub that has crashed go offline with its lease', async () => {
  const { hub, told, pass } = await begin((hub) => void hub.registry.others.set(bob, online));
  hub.registry.others.delete(bob);
  await pass(2);
  expect(told()).toEqual([
    [bob, true],
    [bob, false],
  ]);
});

test('while the registry is away nothing is told, and nobody is thrown out; then it is', async () => {
  const { hub, ann, told, pass } = await begin((hub) => {
    hub.registry.others.set(bob, online);
  });
  const eve = await hub.open('eve');
  hub.registry.away = fail('service.unavailable');
  eve.connection.watchPresence(['carol' as AccountId, bob]);
  await pass(6);
  // Known from before.
  expect(eve.outlet.of('presence')).toMatchObject([{ user: bob, online: true }]);
  expect(told()).toEqual([[bob, true]]);
  hub.registry.away = null;
  await pass(2);
  expect(eve.outlet.of('presence').at(-1)).toMatchObject({ user: 'carol', online: false, lastSeen: null });
  expect([ann.outlet.closed, eve.outlet.closed]).toEqual([null, null]);
});

test('an answer from before somebody came here is not told after it', async () => {
  const { hub, ann, told } = await begin();
  const answer = hub.registry.presenceOf;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  hub.registry.presenceOf = async (users) => {
    const found = await answer(users);
    await gate;
    return found;
  };
  hub.tick(2);
  await hub.open('bob');
  release();
  await hub.settle();
  expect(told()).toEqual([
    [bob, false],
    [bob, true],
  ]);
  expect(ann.outlet.closed).toBeNull();
});

test('the registry is asked in one batch every two seconds, of those who are not here, while somebody watches', async () => {
  const { hub, ann, pass } = await begin();
  const eve = await hub.open('eve');
  eve.connection.watchPresence([bob, 'carol' as AccountId, 'ann' as AccountId]);
  await hub.settle();
  hub.registry.asked = [];
  await pass(1);
  await pass(1);
  await pass(1);
  await pass(1);
  expect(hub.registry.asked.map((users) => [...users].sort())).toEqual([
    ['bob', 'carol'],
    ['bob', 'carol'],
  ]);
  ann.connection.closed();
  eve.connection.watchPresence([]);
  hub.registry.asked = [];
  await pass(10);
  expect(hub.registry.asked).toEqual([]);
});

test('more than fit into one question take turns', async () => {
  const { hub, ann, pass } = await begin();
  for (let i = 0; i < 16; i++) {
    const watcher = await hub.open(`watcher ${i}`);
    watcher.connection.watchPresence(Array.from({ length: 500 }, (_, n) => `${i} ${n}` as AccountId));
  }
  ann.connection.watchPresence([]);
  await hub.settle();
  hub.registry.asked = [];
  await pass(2);
  await pass(2);
  expect(hub.registry.asked.map((users) => users.length)).toEqual([5_000, 3_000]);
  expect(new Set(hub.registry.asked.flat()).size).toBe(8_000);
});

test('a hub that stops leaves behind when its users were last seen', async () => {
  const clock = { wall: () => 1_000, monotonic: () => 1_000 };
  const registry = createMemoryHubRegistry({ clock });
  const hub = new TestHub({}, registry);
  await hub.start();
  await hub.open('bob');
  expect((await registry.presenceOf([bob])).get(bob)).toEqual(online);
  await hub.realtime.unit.stop?.();
  expect((await registry.presenceOf([bob])).get(bob)).toEqual({ online: false, lastSeen: '1970-01-01T00:00:01.000Z' });
});

test('the blocked are not told of the blocker, and are told again when the block is lifted', async () => {
  const { hub, told, left, pass } = await begin((hub) => {
    hub.registry.others.set(bob, online);
    hub.blocks.push({ owner: bob, blocked: 'ann' as AccountId });
  });
  expect(told()).toEqual([]);
  left();
  await pass(2);
  expect(told()).toEqual([]);
  hub.changeBlock(bob, 'ann' as AccountId, false);
  hub.registry.others.set(bob, online);
  await pass(2);
  expect(told().at(-1)).toEqual([bob, true]);
  hub.changeBlock(bob, 'ann' as AccountId, true);
  await hub.settle();
  expect(told().at(-1)).toEqual([bob, false]);
});
