import { afterEach, describe, expect, test } from 'vitest';
import { FakeSource } from '../../../test-support/rpc/fake-peers.ts';
import { systemClock } from '../../kernel/clock.ts';
import { type Context, createContext } from '../../kernel/context.ts';
import type { Failure } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../kernel/metrics.ts';
import { createGrpcServer } from '../grpc/create-grpc-server.ts';
import { createPeer } from '../grpc/create-peer.ts';
import type { Codec, RpcService } from '../rpc-service.ts';
import { createPeers } from './create-peers.ts';
import { createRemote } from './remote.ts';

interface Item {
  readonly key: string;
  readonly id: string;
}
interface Api {
  append(ctx: Context, items: readonly Item[], onResult?: (index: number, place: number) => void): Promise<number[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: any plain value
const json: Codec<any> = {
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
};
const rpc: RpcService<Api> = {
  name: 'ledger',
  methods: {
    append: {
      kind: 'results',
      path: '/parley.test.v1.Ledger/Append',
      idempotent: true,
      request: json,
      response: json,
      spread: {
        keys: (items: readonly Item[]) => items.map(({ key }) => key),
        take: (items) => [items.map(({ args, index }) => args[0][index]!)],
        failed: ({ code }: Failure) => code,
      },
    },
  },
};

const secret = 'of the test';
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** What all instances write to, as chat's write to one database: a repeat gets its first place. */
class Ledger {
  readonly written = new Map<string, string[]>();

  commit({ key, id }: Item): number {
    const ids = this.written.get(key) ?? [];
    this.written.set(key, ids);
    if (!ids.includes(id)) ids.push(id);
    return ids.indexOf(id);
  }
}

/** An instance that commits what it is given in the order of calls, each key at its own pace; killed, it forgets the rest. */
async function startInstance(ledger: Ledger) {
  const queues = new Map<string, Promise<void>>();
  let dead = false;
  const api: Api = {
    append(_ctx, items, onResult) {
      const places = items.map(async (item, index) => {
        const before = queues.get(item.key);
        const mine = (async () => {
          await before;
          await turns(item.key.length % 3);
          if (dead) return new Promise<never>(() => {});
          const place = ledger.commit(item);
          onResult?.(index, place);
          return place;
        })();
        queues.set(
          item.key,
          mine.then(() => {}),
        );
        return mine;
      });
      return Promise.all(places);
    },
  };
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, secret, log: silentLog, stopMs: 0 });
  server.add(rpc, api);
  await server.unit.start();
  const kill = async () => {
    dead = true;
    await server.unit.stop();
  };
  ends.push(kill);
  return { address: `127.0.0.1:${server.port}`, kill };
}

function connect(source: FakeSource) {
  const open = (address: string) => createPeer({ address, secret, log: silentLog });
  const peers = createPeers({ clock: systemClock, open });
  ends.push(() => peers.close());
  const counts = new Map<string, number>();
  const metrics: Metrics = {
    ...noMetrics,
    counter: (name) => ({ add: (n = 1) => void counts.set(name, (counts.get(name) ?? 0) + n) }),
  };
  return { counts, api: createRemote(rpc, { source, peers, clock: systemClock, log: silentLog, metrics }) };
}

const keys = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'g', 'hh', 'iii', 'jjjj'];

/** Calls that are made in one go, turn after turn, and what came of them. */
function createSender(api: Api) {
  const asked = new Map<string, string[]>(keys.map((key) => [key, []]));
  const heard = new Map<string, number>();
  const calls: Promise<readonly unknown[]>[] = [];
  return {
    asked,
    heard,
    calls,
    send(round: number) {
      // Of some keys two items, of some none; the order of keys changes.
      const items = keys
        .flatMap((key, n) => Array.from({ length: (round * 7 + n * 3) % 4 }, (_, i) => ({ key, id: `${round}.${i}` })))
        .sort((a, b) => ((a.key.charCodeAt(0) * (round + 1)) % 11) - ((b.key.charCodeAt(0) * (round + 1)) % 11));
      for (const { key, id } of items) asked.get(key)?.push(id);
      const onResult = (index: number) => {
        const { key, id } = items[index]!;
        heard.set(`${key}/${id}`, (heard.get(`${key}/${id}`) ?? 0) + 1);
      };
      calls.push(api.append(createContext(null, `${round}`, 60_000), items, onResult));
    },
  };
}

describe('three instances over gRPC', () => {
  test('one is killed and another joins in mid-stream: nothing is lost or told twice, and each key keeps its order', async () => {
    const ledger = new Ledger();
    const instances = [await startInstance(ledger), await startInstance(ledger), await startInstance(ledger)];
    const source = new FakeSource(...instances.map(({ address }) => address));
    const { api, counts } = connect(source);
    const { send, calls, asked, heard } = createSender(api);
    let killed: Promise<void> | null = null;
    for (let round = 0; round < 120; round++) {
      send(round);
      await turns(round % 3);
      // In the middle of what it has begun: the directory hears of it only later.
      if (round === 50) killed = instances[1]!.kill();
      if (round === 80) source.set(instances[0]!.address, instances[2]!.address);
      if (round === 100) {
        const fourth = await startInstance(ledger);
        source.set(instances[0]!.address, instances[2]!.address, fourth.address);
      }
    }
    const results = (await Promise.all(calls)).flat();
    await killed;
    expect(results.every((place) => typeof place === 'number')).toBe(true);
    for (const key of keys) expect(ledger.written.get(key)).toEqual(asked.get(key));
    expect(heard.size).toBe(results.length);
    expect(new Set(heard.values())).toEqual(new Set([1]));
    // Something was under way at the one that was killed, or the test would show nothing.
    expect(counts.get('parley_rpc_repeats_total')).toBeGreaterThan(0);
  });

  test('a large call is not overtaken by a small one that follows it', async () => {
    const ledger = new Ledger();
    const { address } = await startInstance(ledger);
    const { api } = connect(new FakeSource(address));
    const large = `large ${'x'.repeat(4_000_000)}`;
    await Promise.all(
      [large, 'small', `again ${large}`, 'smaller'].map((id) =>
        api.append(createContext(null, 'r', 60_000), [{ key: 'k', id }]),
      ),
    );
    expect(ledger.written.get('k')?.map((id) => id.slice(0, 8))).toEqual(['large xx', 'small', 'again la', 'smaller']);
  });
});
