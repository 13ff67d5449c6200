import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakePeers, FakeSource, lost, refused } from '../../../test-support/rpc/fake-peers.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type Context, createContext } from '../../kernel/context.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { type Codec, type RpcService, TransportFailure } from '../rpc-service.ts';
import { createRemote, createRemoteAt, createRemotes } from './remote.ts';

interface Api {
  read(ctx: Context, text: string): Promise<unknown>;
  write(ctx: Context, text: string): Promise<unknown>;
  owned(ctx: Context, key: string): Promise<unknown>;
  stream(ctx: Context, text: string, onResult?: (n: number) => void): Promise<unknown>;
}

const none: Codec<never> = { encode: () => new Uint8Array(), decode: () => null as never };
const codecs = { request: none, response: none } as const;
const rpc: RpcService<Api> = {
  name: 'fake',
  methods: {
    read: { kind: 'unary', path: '/fake/Read', idempotent: true, ...codecs },
    write: { kind: 'unary', path: '/fake/Write', idempotent: false, ...codecs },
    owned: { kind: 'unary', path: '/fake/Owned', idempotent: true, key: (_, key) => key, ...codecs },
    stream: { kind: 'results', path: '/fake/Stream', idempotent: true, ...codecs },
  },
};

function setUp(...addresses: readonly string[]) {
  const [peers, source] = [new FakePeers(), new FakeSource(...addresses)];
  const deps = { source, peers, clock: systemClock, log: silentLog, metrics: noMetrics };
  return { peers, source, api: createRemote(rpc, deps) };
}

const echo = (peers: FakePeers) => {
  peers.onCall = (call) => call.answer(call.address);
};
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const ctx = (ms = 10_000) => createContext(null, 'test', ms);
/** As it settles, so that a rejection while the clock is turned is nobody's surprise. */
const outcome = (promise: Promise<unknown>) => {
  const seen: { value?: unknown; failure?: { code: string } } = {};
  promise.then(
    (value) => (seen.value = value),
    (failure) => (seen.failure = failure),
  );
  return seen;
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('where a call goes', () => {
  test('to each instance in turn, without a key', async () => {
    const { api, peers } = setUp('a:1', 'b:1', 'c:1');
    echo(peers);
    for (let i = 0; i < 9; i++) await api.read(ctx(), 'x');
    expect(peers.counts).toEqual({ 'a:1': 3, 'b:1': 3, 'c:1': 3 });
  });

  test('to the owner of its key, and to the next by rank when the owner has gone', async () => {
    const { api, peers, source } = setUp('a:1', 'b:1', 'c:1');
    echo(peers);
    const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`);
    const owners = () => Promise.all(keys.map((key) => api.owned(ctx(), key)));
    const before = await owners();
    expect(new Set(before).size).toBe(3);
    expect(await owners()).toEqual(before);
    source.set('a:1', 'c:1');
    const after = await owners();
    for (const [i, owner] of before.entries()) if (owner !== 'b:1') expect(after[i]).toBe(owner);
    source.set('a:1', 'b:1', 'c:1');
    expect(await owners()).toEqual(before);
  });

  test('with arguments as they were when it was made', async () => {
    const { api, peers, source } = setUp();
    echo(peers);
    const list = ['before'];
    const answer = (api.read as (ctx: Context, list: unknown) => Promise<unknown>)(ctx(), list);
    list.push('after');
    source.set('a:1');
    await pass(100);
    await answer;
    expect(peers.calls[0]?.args).toEqual([['before']]);
  });
});

describe('a call that was lost on its way', () => {
  test('is made again at another instance when it is idempotent', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    const seen = outcome(api.read(ctx(), 'x'));
    const [first] = peers.take();
    first?.fail(lost());
    await pass(20);
    const [second] = peers.take();
    expect(second?.address).not.toBe(first?.address);
    second?.answer('there');
    await pass(0);
    expect(seen.value).toBe('there');
  });

  test('is made again whatever it does, when it certainly did not begin', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    peers.dead.add('a:1');
    peers.dead.add('b:1');
    const seen = outcome(api.write(ctx(), 'x'));
    await pass(5);
    peers.dead.delete('b:1');
    echo(peers);
    await pass(1_000);
    expect(seen.value).toBe('b:1');
  });

  test('is not made again when it may have begun and is not idempotent', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    const seen = outcome(api.write(ctx(), 'x'));
    peers.take()[0]?.fail(lost());
    await pass(1_000);
    expect(seen.failure?.code).toBe('service.unavailable');
    expect(peers.calls).toEqual([]);
  });

  test('is not made again once a result has been told', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    const heard: number[] = [];
    const seen = outcome(api.stream(ctx(), 'x', (n) => void heard.push(n)));
    const [call] = peers.take();
    call?.hear(1);
    call?.fail(lost());
    await pass(1_000);
    expect(seen.failure?.code).toBe('service.unavailable');
    expect([heard, peers.calls]).toEqual([[1], []]);
  });

  test('is made again with growing pauses and not after its deadline', async () => {
    const { api, peers } = setUp('a:1', 'b:1', 'c:1', 'd:1', 'e:1', 'f:1');
    const times: number[] = [];
    peers.onCall = (call) => {
      times.push(performance.now());
      call.fail(lost());
    };
    const began = performance.now();
    const seen = outcome(api.read(ctx(400), 'x'));
    await pass(10_000);
    expect(seen.failure?.code).toBe('service.unavailable');
    expect(times.length).toBeGreaterThan(4);
    expect(times.length).toBeLessThan(8);
    expect(Math.max(...times) - began).toBeLessThanOrEqual(400);
    const pauses = times.slice(1).map((time, i) => time - times[i]!);
    expect(pauses[3]).toBeGreaterThan(pauses[0]!);
  });
});

describe('a failure of the service itself', () => {
  test('is the answer', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    const seen = outcome(api.read(ctx(), 'x'));
    peers.take()[0]?.fail(refused);
    await pass(1_000);
    expect(seen.failure).toBe(refused);
    expect(peers.calls).toEqual([]);
  });

  test('does not count against the instance, nor does a call that came too late or a wrong credential', async () => {
    const { api, peers } = setUp('a:1');
    for (const thrown of [
      refused,
      new TransportFailure('internal', false),
      new TransportFailure('service.timeout', true),
    ])
      for (let i = 0; i < 5; i++) {
        outcome(api.read(ctx(), 'x'));
        peers.take()[0]?.fail(thrown);
        await pass(1);
      }
    echo(peers);
    await expect(api.read(ctx(), 'x')).resolves.toBe('a:1');
  });
});

describe('an instance that calls do not reach', () => {
  test('is left out after three in a row, and tried again by one call at a time', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    peers.onCall = (call) => (call.address === 'a:1' ? call.fail(lost()) : call.answer('b:1'));
    const read = () => outcome(api.read(ctx(), 'x'));
    for (let i = 0; i < 6; i++) {
      read();
      await pass(40);
    }
    const tried = () => peers.take().filter(({ address }) => address === 'a:1').length;
    expect(tried()).toBe(3);
    for (let i = 0; i < 20; i++) read();
    await pass(300);
    expect(tried()).toBe(0);
    await pass(300);
    const results = Array.from({ length: 20 }, read);
    await pass(40);
    expect(tried()).toBe(1);
    expect(results.every(({ value }) => value === 'b:1')).toBe(true);
  });

  test('gets its calls back with the first that reaches it', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    peers.dead.add('a:1');
    peers.onCall = (call) => call.answer(call.address);
    for (let i = 0; i < 8; i++) {
      outcome(api.read(ctx(), 'x'));
      await pass(40);
    }
    peers.dead.delete('a:1');
    await pass(500);
    peers.take();
    for (let i = 0; i < 10; i++) await api.read(ctx(), 'x');
    expect(peers.counts['a:1']).toBeGreaterThanOrEqual(4);
  });

  test('gets its calls back also when the wall clock was set back meanwhile', async () => {
    const { api, peers } = setUp('a:1');
    peers.dead.add('a:1');
    outcome(api.read(ctx(), 'x'));
    await pass(1_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    peers.dead.delete('a:1');
    echo(peers);
    await pass(1_000);
    const seen = outcome(api.read(ctx(), 'x'));
    await pass(1_000);
    const again = outcome(api.read(ctx(), 'x'));
    await pass(1_000);
    expect([seen.value, again.value]).toContain('a:1');
  });

  test('has a clean record when another process has taken its place', async () => {
    const { api, peers, source } = setUp('a:1');
    peers.dead.add('a:1');
    outcome(api.read(ctx(), 'x'));
    await pass(300);
    peers.dead.delete('a:1');
    echo(peers);
    source.list = () => restarted;
    const restarted = [{ id: 'another', service: 'fake', address: 'a:1' }];
    await expect(api.read(ctx(), 'x')).resolves.toBe('a:1');
  });
});

describe('when nobody is there', () => {
  test('a call waits for who comes, for two seconds, and asks discovery', async () => {
    const { api, peers, source } = setUp();
    echo(peers);
    const seen = outcome(api.read(ctx(), 'x'));
    await pass(1_900);
    expect(seen).toEqual({});
    expect(source.refreshes).toBeGreaterThan(0);
    source.set('a:1');
    await pass(100);
    expect(seen.value).toBe('a:1');
  });

  test('a call fails after two seconds, and later ones at once, until somebody comes', async () => {
    const { api, peers, source } = setUp();
    echo(peers);
    const seen = outcome(api.read(ctx(), 'x'));
    await pass(2_100);
    expect(seen.failure).toMatchObject({ code: 'service.unavailable', retryAfterMs: 1_000 });
    const later = outcome(api.read(ctx(), 'x'));
    await pass(0);
    expect(later.failure?.code).toBe('service.unavailable');
    source.set('a:1');
    await expect(api.read(ctx(), 'x')).resolves.toBe('a:1');
  });

  test('a call goes to who was there last, when nobody is listed any more', async () => {
    const { api, peers, source } = setUp('a:1');
    echo(peers);
    await api.read(ctx(), 'x');
    source.set();
    await expect(api.read(ctx(), 'x')).resolves.toBe('a:1');
    peers.dead.add('a:1');
    const seen = outcome(api.read(ctx(), 'x'));
    await pass(5_000);
    expect(seen.failure?.code).toBe('service.unavailable');
    source.set('b:1');
    await expect(api.read(ctx(), 'x')).resolves.toBe('b:1');
  });

  test('a call does not wait beyond its deadline', async () => {
    const seen = outcome(setUp().api.read(ctx(300), 'x'));
    await pass(300);
    await pass(0);
    expect(seen.failure?.code).toBe('service.timeout');
  });

  test('a call whose instances are all out of reach fails soon, not at its deadline', async () => {
    const { api, peers } = setUp('a:1', 'b:1');
    peers.dead.add('a:1');
    peers.dead.add('b:1');
    const seen = outcome(api.read(ctx(60_000), 'x'));
    await pass(5_000);
    expect(seen.failure?.code).toBe('service.unavailable');
  });
});

describe('one instance and no other', () => {
  test('by its address: nothing is made again', async () => {
    const peers = new FakePeers();
    const seen = outcome(createRemoteAt(rpc, 'a:1', peers).read(ctx(), 'x'));
    peers.take()[0]?.fail(lost());
    await pass(1_000);
    expect(seen.failure?.code).toBe('service.unavailable');
    expect(peers.calls).toEqual([]);
  });

  test('by its id, wherever it is; unknown, it is not available and asked for', async () => {
    const [peers, source] = [new FakePeers(), new FakeSource('a:1', 'b:1')];
    echo(peers);
    const remotes = createRemotes(rpc, { source, peers });
    await expect(remotes.of('id-b:1').read(ctx(), 'x')).resolves.toBe('b:1');
    await expect(remotes.of('gone').read(ctx(), 'x')).rejects.toMatchObject({ code: 'service.unavailable' });
    expect(source.refreshes).toBe(1);
  });
});
