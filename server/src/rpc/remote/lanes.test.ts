import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakeCall, FakePeers, FakeSource, lost, refused } from '../../../test-support/rpc/fake-peers.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type Context, createContext } from '../../kernel/context.ts';
import { type Failure, fail } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { Codec, RpcService } from '../rpc-service.ts';
import { findOwner } from './rank-by-key.ts';
import { createRemote } from './remote.ts';

/** An item is `key/name`. */
type Item = string;
interface Api {
  put(
    ctx: Context,
    items: readonly Item[],
    onResult?: (index: number, result: string) => void,
  ): Promise<readonly string[]>;
}

const none: Codec<never> = { encode: () => new Uint8Array(), decode: () => null as never };
const rpc: RpcService<Api> = {
  name: 'fake',
  methods: {
    put: {
      kind: 'results',
      path: '/fake/Put',
      idempotent: true,
      request: none,
      response: none,
      spread: {
        keys: (items) => items.map((item) => item.split('/')[0]!),
        bytes: (items) => items.reduce((sum, item) => sum + item.length, 0),
        take: (items) => [items.map(({ args, index }) => args[0][index]!)],
        failed: (failure: Failure) => failure.code,
      },
    },
  },
};

const all = ['a:1', 'b:1', 'c:1'];
const ownerOf = (key: string, addresses = all) =>
  findOwner(
    key,
    addresses.map((address) => ({ address })),
  )!.address;
/** The n-th key that belongs to the address. */
const keyAt = (address: string, n = 0) =>
  Array.from({ length: 100 }, (_, i) => `key${i}`).filter((key) => ownerOf(key) === address)[n]!;
const itemsOf = (call: FakeCall | undefined) => call?.args[0] as readonly Item[];

function setUp(...addresses: readonly string[]) {
  const [peers, source] = [new FakePeers(), new FakeSource(...(addresses.length > 0 ? addresses : all))];
  const deps = { source, peers, clock: systemClock, log: silentLog, metrics: noMetrics };
  const remote = createRemote(rpc, deps);
  function put(items: readonly Item[], ms = 10_000) {
    const seen = { heard: [] as [number, string][], results: null as readonly string[] | null };
    void remote
      .put(createContext(null, 'test', ms), items, (index, result) => void seen.heard.push([index, result]))
      .then((results) => (seen.results = results));
    return seen;
  }
  return { peers, source, put, remote };
}

const done = (call: FakeCall | undefined) => call?.answer(itemsOf(call).map((item) => `${item} at ${call.address}`));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a call about many keys', () => {
  const [a, b] = [keyAt('a:1'), keyAt('b:1')];

  test('is one part for each instance, and one list of results in the order asked', async () => {
    const { peers, put } = setUp();
    const seen = put([`${a}/1`, `${b}/1`, `${a}/2`, `${keyAt('a:1', 1)}/1`]);
    const parts = peers.take();
    expect(parts.map((part) => [part.address, itemsOf(part)])).toEqual([
      ['a:1', [`${a}/1`, `${a}/2`, `${keyAt('a:1', 1)}/1`]],
      ['b:1', [`${b}/1`]],
    ]);
    for (const part of parts.reverse()) done(part);
    await pass(0);
    const expected = [`${a}/1 at a:1`, `${b}/1 at b:1`, `${a}/2 at a:1`, `${keyAt('a:1', 1)}/1 at a:1`];
    expect(seen.results).toEqual(expected);
    expect(new Map(seen.heard)).toEqual(new Map(expected.map((result, index) => [index, result])));
  });

  test('about none is answered at once', async () => {
    const { peers, put } = setUp();
    const seen = put([]);
    await pass(0);
    expect([seen.results, peers.calls]).toEqual([[], []]);
  });

  test('tells a result as soon as it is known, under the index it was asked with, and once', async () => {
    const { peers, put } = setUp();
    const seen = put([`${b}/1`, `${a}/1`, `${a}/2`]);
    const part = peers.take().find(({ address }) => address === 'a:1');
    part?.hear(1, 'early');
    expect(seen.heard).toEqual([[2, 'early']]);
    part?.answer(['late', 'early']);
    await pass(0);
    expect(seen.heard).toEqual([
      [2, 'early'],
      [1, 'late'],
    ]);
    expect(seen.results).toBeNull();
  });

  test('whose part fails is answered for its items alone', async () => {
    const { peers, put } = setUp();
    const seen = put([`${a}/1`, `${b}/1`]);
    const [first, second] = peers.take();
    first?.fail(refused);
    done(second);
    await pass(0);
    expect(seen.results).toEqual(['conversation.forbidden', `${b}/1 at b:1`]);
  });

  test('whose listener throws is answered all the same, and so is a neighbour in its part', async () => {
    const { peers, put, remote } = setUp('a:1');
    const faulty = remote.put(createContext(null, 'test', 10_000), [`${a}/1`], () => {
      throw new Error('the listener is at fault');
    });
    const first = peers.take()[0];
    const seen = put([`${b}/1`]);
    first?.hear(0, 'early');
    done(first);
    done(peers.take()[0]);
    await pass(0);
    expect([await faulty, seen.results]).toEqual([['early'], [`${b}/1 at a:1`]]);
  });

  test('does not ask for ever for what an answer leaves out', async () => {
    const { peers, put } = setUp();
    const seen = put([`${a}/1`, `${a}/2`]);
    peers.take()[0]?.answer(['only one']);
    await pass(1_000);
    expect(seen.results).toEqual(['only one', 'internal']);
    expect(peers.calls).toEqual([]);
  });

  test('that is too large for one message goes in smaller ones, in order', async () => {
    const { peers, put } = setUp('a:1');
    const got: Item[] = [];
    peers.onCall = (call) => {
      if (itemsOf(call).length > 2) return call.fail(fail('request.too_large'));
      got.push(...itemsOf(call));
      done(call);
    };
    const items = ['x/1', 'x/2', 'x/3', 'y/1', 'x/4', 'x/5', 'z/1'];
    const seen = put(items);
    await pass(0);
    expect(seen.results).toEqual(items.map((item) => `${item} at a:1`));
    expect(got.filter((item) => item.startsWith('x'))).toEqual(['x/1', 'x/2', 'x/3', 'x/4', 'x/5']);
    peers.onCall = (call) => call.fail(fail('request.too_large'));
    const huge = put(['x/6', 'x/7']);
    await pass(0);
    expect(huge.results).toEqual(['request.too_large', 'request.too_large']);
  });

  test('of which a part had to be left out is not overtaken by what comes behind it', async () => {
    const { peers, put } = setUp('a:1');
    put(['x/1', 'x/2', 'x/3']);
    peers.take()[0]?.fail(fail('request.too_large'));
    put(['x/4']);
    await pass(0);
    const [first] = peers.take();
    expect(itemsOf(first)).toEqual(['x/1', 'x/2']);
    first?.begin();
    expect(peers.take()).toEqual([]);
    done(first);
    await pass(0);
    expect(peers.take().map(itemsOf)).toEqual([['x/3', 'x/4']]);
  });

  test('one of whose items cannot be sent does without that one alone', async () => {
    const { peers, put } = setUp('a:1');
    peers.onCall = (call) => (itemsOf(call).includes('x/bad') ? call.fail(fail('request.invalid')) : done(call));
    const seen = put(['x/1', 'y/1', 'x/bad', 'x/2', 'z/1']);
    await pass(0);
    const at = (item: string) => `${item} at a:1`;
    expect(seen.results).toEqual([at('x/1'), at('y/1'), 'request.invalid', at('x/2'), at('z/1')]);
  });
});

describe('calls about one key', () => {
  const key = keyAt('b:1');
  const others = all.filter((address) => address !== 'b:1');
  const heir = ownerOf(key, others);

  test('go out one after the other as they begin, not as they end', async () => {
    const { peers, put } = setUp();
    const [first, second] = [put([`${key}/1`]), put([`${key}/2`])];
    const [call] = peers.take();
    expect(peers.take()).toEqual([]);
    call?.begin();
    const [next] = peers.take();
    expect(itemsOf(next)).toEqual([`${key}/2`]);
    done(next);
    done(call);
    await pass(0);
    expect([first.results, second.results]).toEqual([[`${key}/1 at b:1`], [`${key}/2 at b:1`]]);
  });

  test('wait for each other where nobody says that a call has begun, and hold up no other key', async () => {
    const { peers, put } = setUp();
    const other = keyAt('b:1', 1);
    put([`${key}/1`]);
    put([`${key}/2`, `${other}/1`]);
    put([`${other}/2`]);
    const [first, second] = peers.take();
    expect([itemsOf(first), itemsOf(second)]).toEqual([[`${key}/1`], [`${other}/1`]]);
    done(second);
    await pass(0);
    expect(itemsOf(peers.take()[0])).toEqual([`${other}/2`]);
    done(first);
    await pass(0);
    expect(itemsOf(peers.take()[0])).toEqual([`${key}/2`]);
  });

  test('that waited go out together, in order, and each is answered by itself', async () => {
    const { peers, put } = setUp();
    put([`${key}/1`]);
    const waiting = [put([`${key}/2`, `${key}/3`]), put([`${key}/4`], 500), put([`${key}/5`])];
    const [first] = peers.take();
    first?.begin();
    const [joined] = peers.take();
    expect(itemsOf(joined)).toEqual([2, 3, 4, 5].map((n) => `${key}/${n}`));
    expect(joined?.ctx.principal).toBeNull();
    expect(joined?.ctx).not.toHaveProperty('signal');
    joined?.hear(1, 'third');
    expect(waiting.map(({ heard }) => heard)).toEqual([[[1, 'third']], [], []]);
    await pass(500);
    expect(waiting.map(({ results }) => results)).toEqual([null, ['service.timeout'], null]);
    joined?.answer(['second', 'third', 'fourth', 'fifth']);
    await pass(0);
    expect(waiting.map(({ results }) => results)).toEqual([['second', 'third'], ['service.timeout'], ['fifth']]);
  });

  test('that went out together and were lost keep their order', async () => {
    const { peers, put } = setUp();
    put([`${key}/1`]);
    const waiting = [put([`${key}/2`]), put([`${key}/3`], 30), put([`${key}/4`])];
    const [first] = peers.take();
    done(first);
    await pass(0);
    const [joined] = peers.take();
    joined?.fail(lost());
    await pass(1_000);
    const got: Item[] = [];
    for (let calls = peers.take(); calls.length > 0; calls = peers.take()) {
      for (const call of calls) {
        got.push(...itemsOf(call));
        done(call);
      }
      await pass(100);
    }
    expect(got.filter((item) => item !== `${key}/3`)).toEqual([`${key}/2`, `${key}/4`]);
    // In time or too late, by chance.
    expect(waiting.map(({ results }) => results?.length)).toEqual([1, 1, 1]);
  });

  test('keep their order while an earlier one is made again', async () => {
    const { peers, source, put } = setUp();
    const seen = [put([`${key}/1`]), put([`${key}/2`]), put([`${key}/3`])];
    const [first] = peers.take();
    first?.begin();
    const [second] = peers.take();
    source.set(...others);
    first?.fail(lost());
    // The second still runs at the old owner: what comes before it must not begin elsewhere.
    await pass(1_000);
    expect(peers.take()).toEqual([]);
    second?.fail(lost());
    await pass(1_000);
    const [again] = peers.take();
    expect([again?.address, itemsOf(again)]).toEqual([heir, [`${key}/1`]]);
    again?.begin();
    const [next] = peers.take();
    expect(itemsOf(next)).toEqual([`${key}/2`, `${key}/3`]);
    for (const call of [again, next]) done(call);
    await pass(0);
    expect(seen.map(({ results }) => results)).toEqual([1, 2, 3].map((n) => [`${key}/${n} at ${heir}`]));
  });

  test('go to a new owner only when nothing is under way at the old one', async () => {
    const { peers, source, put } = setUp(...others);
    put([`${key}/1`]);
    const [old] = peers.take();
    old?.begin();
    expect(old?.address).toBe(heir);
    source.set(...all);
    put([`${key}/2`]);
    put([`${keyAt('b:1', 1)}/1`]);
    expect(peers.take().map(({ address }) => address)).toEqual(['b:1']);
    done(old);
    await pass(0);
    const [next] = peers.take();
    expect([next?.address, itemsOf(next)]).toEqual(['b:1', [`${key}/2`]]);
  });

  test('tell no result twice and ask for nothing again that was told before the break', async () => {
    const { peers, put } = setUp();
    const seen = put([`${key}/1`, `${key}/2`, `${key}/3`]);
    const [call] = peers.take();
    call?.begin();
    call?.hear(0, 'told');
    call?.hear(1, 'told too');
    call?.fail(lost());
    await pass(1_000);
    const [again] = peers.take();
    expect(again?.address).not.toBe('b:1');
    expect(itemsOf(again)).toEqual([`${key}/3`]);
    again?.hear(0, 'at last');
    call?.hear(2, 'from before');
    again?.answer(['at last']);
    await pass(0);
    expect(seen.results).toEqual(['told', 'told too', 'at last']);
    expect(seen.heard).toEqual([
      [0, 'told'],
      [1, 'told too'],
      [2, 'at last'],
    ]);
  });

  test('that begin late, after they were lost, let nobody pass', async () => {
    const { peers, put } = setUp('a:1');
    put([`${key}/1`]);
    const [first] = peers.take();
    first?.fail(lost());
    await pass(1_000);
    const [again] = peers.take();
    expect(itemsOf(again)).toEqual([`${key}/1`]);
    put([`${key}/2`]);
    first?.begin();
    expect(peers.take()).toEqual([]);
  });
});

describe('what has no time left', () => {
  const key = keyAt('b:1');

  test('does not go out any more, and those behind it go on', async () => {
    const { peers, put } = setUp();
    put([`${key}/1`]);
    const late = put([`${key}/2`], 100);
    const patient = put([`${key}/3`]);
    const [first] = peers.take();
    await pass(100);
    expect(late.results).toEqual(['service.timeout']);
    done(first);
    await pass(0);
    const [next] = peers.take();
    expect(itemsOf(next)).toEqual([`${key}/3`]);
    done(next);
    await pass(0);
    expect(patient.results).toEqual([`${key}/3 at b:1`]);
  });

  test('fails when nobody is there, and what comes later at once', async () => {
    const { source, put, peers } = setUp();
    source.set();
    const seen = put([`${key}/1`, 'x/1']);
    await pass(2_100);
    expect(seen.results).toEqual(['service.unavailable', 'service.unavailable']);
    const later = put([`${key}/2`]);
    await pass(0);
    expect(later.results).toEqual(['service.unavailable']);
    source.set(...all);
    const well = put([`${key}/3`]);
    done(peers.take()[0]);
    await pass(0);
    expect(well.results).toEqual([`${key}/3 at b:1`]);
  });

  test('waits for who comes within two seconds', async () => {
    const { source, put, peers } = setUp();
    source.set();
    put([`${key}/1`]);
    put([`${key}/2`]);
    await pass(1_000);
    source.set(...all);
    await pass(100);
    expect(peers.take().map(itemsOf)).toEqual([[`${key}/1`, `${key}/2`]]);
  });

  test('more than can wait is refused as overloaded', async () => {
    const { put } = setUp();
    const seen = put(Array.from({ length: 50_001 }, (_, i) => `${i}/1`));
    await pass(0);
    expect(new Set(seen.results)).toEqual(new Set(['service.overloaded']));
  });

  test('fewer are, when they are large', async () => {
    const { put, source, peers } = setUp();
    const half = 'x'.repeat(33 * 1024 * 1024);
    source.set();
    const first = put([`a/${half}`]);
    const second = put([`b/${half}`, 'c/small']);
    await pass(0);
    expect([first.results, second.results]).toEqual([null, ['service.overloaded', 'service.overloaded']]);
    source.set(...all);
    await pass(100);
    peers.take()[0]?.answer(['done']);
    await pass(0);
    expect(first.results).toEqual(['done']);
    const third = put([`b/${half}`]);
    await pass(0);
    expect(third.results).toBeNull();
  });
});
