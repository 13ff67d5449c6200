import { expect, test } from 'vitest';
import { TestHub } from '../../../../test-support/realtime/test-hub.ts';
import { createContext } from '../../../kernel/context.ts';
import type { RealtimeConfig } from '../config.ts';

/** One conversation with a watcher, and revs 2 to 21 as the stream has them. */
async function begin(config: Partial<RealtimeConfig> = {}) {
  const hub = await new TestHub(config).start();
  const c = hub.chat.create('c', ['ann']);
  hub.loseStream();
  const { outlet } = await hub.open('ann');
  for (let i = 0; i < 20; i++) hub.chat.send(c, 'ann', `text ${i}`);
  const revs = () => outlet.of('message').map(({ message }) => message.rev as number);
  /** From rev to rev, both included. */
  const part = (from: number, to: number) => hub.chat.stream.filter(({ rev }) => rev >= from && rev <= to);
  const repairs = () => hub.chat.calls.filter((call) => call === 'repair').length;
  return { hub, c, revs, part, repairs };
}

const from2 = (to: number) => Array.from({ length: to - 1 }, (_, i) => i + 2);

test('overlapping ranges of two routers at once are heard once, in order', async () => {
  const { hub, revs, part, repairs } = await begin();
  await Promise.all([
    hub.deliver(part(2, 8)),
    hub.deliver(part(5, 11)),
    hub.deliver(part(9, 12)),
    hub.deliver(part(2, 15)),
    hub.deliver(part(13, 21)),
    hub.deliver(part(16, 21)),
  ]);
  await hub.settle();
  expect(revs()).toEqual(from2(21));
  expect(repairs()).toBe(0);
});

test('one router ahead of the other: the hole is fetched, and what the other then brings is known', async () => {
  const { hub, revs, part, repairs } = await begin();
  const ahead = hub.deliver(part(10, 14));
  const behind = [hub.deliver(part(2, 4)), hub.deliver(part(5, 12))];
  await Promise.all([ahead, ...behind]);
  await hub.settle();
  // One answer tells the hole and all that there is after it.
  expect(revs()).toEqual(from2(21));
  await hub.deliver(part(15, 21));
  await hub.settle();
  expect(revs()).toEqual(from2(21));
  expect(repairs()).toBe(1);
});

test('a replay from the beginning of a durable bus is heard by nobody', async () => {
  const { hub, c, revs } = await begin();
  await hub.route();
  hub.chat.edit(c, 1);
  hub.chat.join(c, 'bob');
  hub.chat.leave(c, 'bob');
  await hub.route();
  await hub.settle();
  const calls = hub.chat.calls.length;
  for (let i = 0; i < 3; i++) await hub.deliver(hub.chat.stream);
  await hub.settle();
  expect(revs()).toEqual(from2(21));
  expect(hub.chat.calls.length, 'and asks nobody anything').toBe(calls);
});

test('a hole between what two routers bring, and a lost end', async () => {
  const { hub, c, revs, part } = await begin();
  await Promise.all([hub.deliver(part(2, 5)), hub.deliver(part(9, 10))]);
  await hub.settle();
  expect(revs()).toEqual(from2(21));
  hub.chat.send(c, 'ann', 'the last');
  hub.loseStream();
  await hub.settle();
  expect(revs()).toEqual(from2(21));
  await hub.realtime.api.doubt(createContext(null, 'test'), 'the stream of a router broke');
  await hub.settle();
  expect(revs()).toEqual(from2(22));
});

test('many doubts at once are one comparison, or two when the first has begun', async () => {
  const { hub } = await begin();
  const heads = () => hub.chat.calls.filter((call) => call === 'heads').length;
  const before = heads();
  hub.chat.latency = () => 2;
  const doubt = () => hub.realtime.api.doubt(createContext(null, 'test'), 'the stream of a router broke');
  const first = Array.from({ length: 50 }, doubt);
  while (hub.chat.busy === 0) await new Promise(setImmediate);
  const second = Array.from({ length: 50 }, doubt);
  await Promise.all([...first, ...second]);
  expect(heads() - before).toBe(2);
  expect(hub.realtime.unit.health?.()).toEqual({ status: 'ok' });
});

test('what a router has given up waiting for does not pile up while the hub is deaf', async () => {
  const { hub, revs, part } = await begin();
  hub.chat.latency = () => 20;
  const doubt = hub.realtime.api.doubt(createContext(null, 'test'), 'the stream of a router broke');
  const abandoned = new AbortController();
  const first = hub.deliver(part(2, 3));
  const late = hub.realtime.api.deliver({ ...hub.ctx(), signal: abandoned.signal }, part(4, 5));
  abandoned.abort();
  await expect(late).rejects.toMatchObject({ code: 'service.timeout' });
  await first;
  await doubt;
  await hub.settle();
  expect(revs()).toEqual(from2(21));
});

test('a batch whose router has given up by its deadline is left out: a stream has no signal for each call', async () => {
  const { hub, revs, part } = await begin();
  hub.chat.latency = () => 20;
  const doubt = hub.realtime.api.doubt(createContext(null, 'test'), 'the stream of a router broke');
  const first = hub.deliver(part(2, 3));
  const late = hub.realtime.api.deliver(hub.ctx(0), part(4, 5));
  await expect(late).rejects.toMatchObject({ code: 'service.timeout' });
  await Promise.all([first, doubt]);
  await hub.settle();
  expect(revs()).toEqual(from2(21));
});

test('more than may wait is brought again: nothing fills the memory and nothing is lost', async () => {
  const { hub, revs, part } = await begin({ maxWaitingDeliveries: 5 });
  hub.chat.latency = () => 20;
  const doubt = hub.realtime.api.doubt(createContext(null, 'test'), 'the stream of a router broke');
  const large = hub.deliver(part(2, 9));
  await expect(hub.deliver(part(10, 11))).rejects.toMatchObject({ code: 'service.overloaded' });
  await Promise.all([large, doubt]);
  await hub.deliver(part(10, 11));
  await hub.settle();
  expect(revs()).toEqual(from2(21));
});
