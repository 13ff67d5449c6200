import assert from 'node:assert/strict';
import { type Context, createContext, type Principal } from '../../src/kernel/context.ts';
import { type ErrorCode, errorTable, Failure } from '../../src/kernel/errors.ts';
import type { Probe, ProbeApi } from './probe.ts';

export interface RpcSubject {
  /** The callee. */
  readonly probe: Probe;
  /** What its callers call. */
  readonly api: ProbeApi;
}

/** One property of a call between services (docs/architecture/rpc.md). `check` throws when the transport lacks it. */
export interface RpcProperty {
  readonly name: string;
  check(subject: RpcSubject): Promise<void>;
}

const principal = { account: 'a', session: 's', username: 'änn', admin: true } as unknown as Principal;
/** Long enough for a slow machine: no property waits for it. */
const patienceMs = 30_000;
const nobody = (): Context => createContext(null, 'r-1', patienceMs);

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const thrown = await call.then(
    () => assert.fail('the call succeeded'),
    (reason) => reason,
  );
  assert.ok(thrown instanceof Failure, `${thrown} is no Failure`);
  return thrown;
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!holds()) {
    assert.ok(performance.now() < end, 'it never came to hold');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export const rpcProperties: readonly RpcProperty[] = [
  {
    name: 'copies arguments: what either side does to them later the other does not see',
    async check({ api, probe }) {
      const list = ['a'];
      const call = api.echo(nobody(), { list });
      list.push('by the caller');
      await call;
      const { given } = probe.echoed[0]!;
      assert.deepEqual(given.list, ['a']);
      given.list.push('by the callee');
      assert.deepEqual(list, ['a', 'by the caller']);
    },
  },
  {
    name: 'copies answers: what either side does to them later the other does not see',
    async check({ api, probe }) {
      const got = await api.echo(nobody(), { list: ['a'] });
      const { answer } = probe.echoed[0]!;
      answer.list.push('by the callee');
      assert.deepEqual(got.list, ['a']);
      got.list.push('by the caller');
      assert.deepEqual(answer.list, ['a', 'by the callee']);
    },
  },
  {
    name: 'tells every code of the table, and what was said of it',
    async check({ api }) {
      for (const code of Object.keys(errorTable) as ErrorCode[]) {
        const failure = await failureOf(api.refuse(nobody(), code, { detail: `über ${code}` }));
        assert.equal(failure.code, code);
        assert.equal(failure.message, `über ${code}`);
      }
    },
  },
  {
    name: 'tells the problems of a request and when to come back',
    async check({ api }) {
      const problems = [{ path: '/a/b', message: 'must be a number' }];
      const failure = await failureOf(api.refuse(nobody(), 'rate.limited', { problems, retryAfterMs: 1234 }));
      assert.deepEqual(failure.problems, problems);
      assert.equal(failure.retryAfterMs, 1234);
      const bare = await failureOf(api.refuse(nobody(), 'rate.limited', {}));
      assert.equal(bare.problems, undefined);
      assert.equal(bare.retryAfterMs, undefined);
    },
  },
  {
    name: 'hides what caused a failure',
    async check({ api }) {
      const refused = await failureOf(api.refuse(nobody(), 'conversation.unknown', {}));
      assert.equal(refused.cause, undefined);
      const burst = await failureOf(api.burst(nobody()));
      assert.equal(burst.code, 'internal');
      assert.equal(burst.cause, undefined);
      assert.ok(!`${burst.message}${burst.stack}`.includes('hunter2'));
    },
  },
  {
    name: 'carries the principal and the request id of each call',
    async check({ api }) {
      const seen = await api.whoAmI(createContext(principal, 'r-ü', patienceMs));
      assert.deepEqual(seen.principal, principal);
      assert.equal(seen.requestId, 'r-ü');
      assert.equal((await api.whoAmI(nobody())).principal, null, 'nobody is nobody, also after somebody');
    },
  },
  {
    name: 'carries the deadline: the callee knows how long is left',
    async check({ api }) {
      const { leftMs } = await api.whoAmI(nobody());
      assert.ok(leftMs <= patienceMs && leftMs > patienceMs / 2, `${leftMs} ms`);
    },
  },
  {
    name: 'ends a call at its deadline, and the callee hears it',
    async check({ api, probe }) {
      const failure = await failureOf(api.hang(createContext(null, 'r', 150)));
      assert.equal(failure.code, 'service.timeout');
      // A machine may be so slow that the call never left; then there is nobody to hear.
      await until(() => probe.aborted === probe.hung);
      const late = await failureOf(api.echo(createContext(null, 'r', -1), { list: [] }));
      assert.equal(late.code, 'service.timeout');
      assert.equal(probe.echoed.length, 0);
    },
  },
  {
    name: 'ends a call when its caller goes, and the callee hears it',
    async check({ api, probe }) {
      const caller = new AbortController();
      const call = failureOf(api.hang({ ...nobody(), signal: caller.signal }));
      await until(() => probe.hung === 1);
      caller.abort();
      assert.equal((await call).code, 'service.timeout');
      await until(() => probe.aborted === 1);
      const late = await failureOf(api.echo({ ...nobody(), signal: caller.signal }, { list: [] }));
      assert.equal(late.code, 'service.timeout');
      assert.equal(probe.echoed.length, 0);
    },
  },
  {
    name: 'tells no callee whose call was answered that its caller has gone',
    async check({ api, probe }) {
      const caller = new AbortController();
      await api.echo({ ...nobody(), signal: caller.signal }, { list: [] });
      caller.abort();
      // What goes out at the end of a call is there before the answer of a later one.
      await api.echo(nobody(), { list: [] });
      assert.equal(probe.echoed[0]?.signal?.aborted, false);
    },
  },
  {
    name: 'tells results in order, copied, before the answer',
    async check({ api }) {
      const heard: [number, number][] = [];
      const answer = await api.count(nobody(), 100, (n, { list }) => heard.push([n, list.length]));
      assert.equal(answer, 100);
      assert.deepEqual(
        heard,
        Array.from({ length: 100 }, (_, n) => [n, n + 1]),
      );
    },
  },
  {
    name: 'tells no result after the answer',
    async check({ api, probe }) {
      let heard = 0;
      await api.count(nobody(), 3, () => heard++);
      probe.late?.();
      // What was on its way would have come before the answer of a later call.
      await api.count(nobody(), 1, () => {});
      assert.equal(heard, 3);
    },
  },
  {
    name: 'fails a call after its results',
    async check({ api }) {
      const failure = await failureOf(api.breakOff(nobody(), () => {}));
      assert.equal(failure.code, 'conversation.conflict');
    },
  },
  {
    name: 'fails a call whose results its caller cannot take',
    async check({ api }) {
      const failure = await failureOf(
        api.count(nobody(), 1, () => {
          throw new Error('the listener is at fault');
        }),
      );
      assert.equal(failure.code, 'internal');
    },
  },
  {
    name: 'begins ordered calls in the order in which they were made',
    async check({ api, probe }) {
      const numbers = Array.from({ length: 1_000 }, (_, n) => n);
      await Promise.all(numbers.map((n) => api.note(nobody(), n)));
      assert.deepEqual(probe.noted, numbers);
    },
  },
  {
    name: 'begins an ordered call while those before it run',
    async check({ api, probe }) {
      probe.hold(0);
      const first = api.note(nobody(), 0);
      first.catch(() => {}); // awaited below, unless the second one never begins
      await api.note(nobody(), 1);
      assert.deepEqual(probe.noted, [0, 1]);
      probe.held.get(0)?.();
      await first;
    },
  },
  {
    name: 'fails an ordered call and no other',
    async check({ api }) {
      const calls = [1, -2, 3, -4].map((n) => api.note(nobody(), n));
      const [first, second, third, fourth] = await Promise.allSettled(calls);
      assert.deepEqual([first?.status, third?.status], ['fulfilled', 'fulfilled']);
      for (const [refused, detail] of [
        [second, '-2'],
        [fourth, '-4'],
      ] as const) {
        assert.ok(refused?.status === 'rejected');
        assert.equal(refused.reason.code, 'message.unknown');
        assert.equal(refused.reason.message, detail);
      }
    },
  },
];
