import type { Context } from '../../src/kernel/context.ts';
import { Failure, fail } from '../../src/kernel/errors.ts';
import type { Probe, ProbeApi } from './probe.ts';

/** Calls `api` with a context that the transport has changed. */
const changing = (api: ProbeApi, change: (ctx: Context) => Context): ProbeApi =>
  new Proxy(api, {
    get:
      (_, name: keyof ProbeApi) =>
      (ctx: Context, ...args: unknown[]) =>
        (api[name] as (ctx: Context, ...args: unknown[]) => unknown)(change(ctx), ...args),
  });

/** Runs the next only when the last has ended. */
function queue(): (run: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (run) => {
    last = last.then(run, run);
    return last;
  };
}

/** Ways a transport can be wrong, to prove that the suite notices. Each is a sound one with some calls replaced. */
export const transportFaults = {
  'arguments are shared': (_: ProbeApi, { api }: Probe) => ({ echo: api.echo }),
  'answers are shared': (sound: ProbeApi, { echoed }: Probe) => ({
    async echo(ctx: Context, item: { list: string[] }) {
      await sound.echo(ctx, item);
      return echoed[0]!.answer;
    },
  }),
  'failures of one status are one': (sound: ProbeApi) => ({
    refuse: (ctx, code, options) => sound.refuse(ctx, code === 'token.expired' ? 'token.invalid' : code, options),
  }),
  'problems are lost': (sound: ProbeApi) => ({
    refuse: (ctx, code, { problems: _, ...options }) => sound.refuse(ctx, code, options),
  }),
  'causes are told': (sound: ProbeApi) => ({
    refuse: (ctx, code, options) =>
      sound.refuse(ctx, code, options).catch((thrown) => {
        throw new Failure(thrown.code, { detail: thrown.message, cause: new Error('select from secret') });
      }),
  }),
  'the text of a bug is told': (sound: ProbeApi) => ({
    burst: (ctx) =>
      sound.burst(ctx).catch(() => {
        throw fail('internal', 'the password is hunter2');
      }),
  }),
  'the principal is lost': (sound: ProbeApi) => changing(sound, (ctx) => ({ ...ctx, principal: null })),
  'the last principal stays': (sound: ProbeApi) => {
    let last: Context['principal'] = null;
    return changing(sound, (ctx) => {
      last = ctx.principal ?? last;
      return { ...ctx, principal: last };
    });
  },
  'the request id is lost': (sound: ProbeApi) => changing(sound, (ctx) => ({ ...ctx, requestId: 'none' })),
  'the deadline is lost': (sound: ProbeApi) => changing(sound, (ctx) => ({ ...ctx, deadline: Number.MAX_VALUE })),
  'only the caller knows of the deadline': (sound: ProbeApi, { api }: Probe) => ({
    hang(ctx) {
      void api.hang({ ...ctx, signal: new AbortController().signal });
      return sound.refuse(ctx, 'service.timeout', {});
    },
  }),
  'an abort is not heard': (sound: ProbeApi) => ({
    hang: (ctx) =>
      new Promise((_, reject) => {
        const { signal, ...rest } = ctx;
        signal?.addEventListener('abort', () => reject(fail('service.timeout')));
        sound.hang(rest).catch(reject);
      }),
  }),
  'every call ends in an abort': (_: ProbeApi, { api }: Probe) => ({
    async echo(ctx, item) {
      const end = new AbortController();
      const answer = structuredClone(await api.echo({ ...ctx, signal: end.signal }, item));
      end.abort();
      return answer;
    },
  }),
  'results come after the answer': (sound: ProbeApi) => ({
    async count(ctx, upTo, onResult) {
      const heard: Parameters<typeof onResult>[] = [];
      const answer = await sound.count(ctx, upTo, (...result) => heard.push(result));
      setImmediate(() => {
        try {
          for (const result of heard) onResult(...result);
        } catch {
          // The call has its answer: a listener that fails now has nobody to tell.
        }
      });
      return answer;
    },
  }),
  'results change their order': (sound: ProbeApi) => ({
    async count(ctx, upTo, onResult) {
      const heard: Parameters<typeof onResult>[] = [];
      const answer = await sound.count(ctx, upTo, (...result) => heard.unshift(result));
      for (const result of heard) onResult(...result);
      return answer;
    },
  }),
  'late results are told': (_: ProbeApi, { api }: Probe) => ({ count: api.count }),
  'a failure after results is an answer': (sound: ProbeApi) => ({
    breakOff: (ctx, onResult) => sound.breakOff(ctx, onResult).catch(() => {}),
  }),
  'the listener may fail': (sound: ProbeApi) => ({
    count: (ctx, upTo, onResult) =>
      sound.count(ctx, upTo, (...result) => {
        try {
          onResult(...result);
        } catch {}
      }),
  }),
  'ordered calls overtake': (sound: ProbeApi) => ({
    async note(ctx, n) {
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      return sound.note(ctx, n);
    },
  }),
  'ordered calls wait for each other': (sound: ProbeApi) => {
    const next = queue();
    return { note: (ctx, n) => next(() => sound.note(ctx, n)) };
  },
  'one ordered call fails all that run': (sound: ProbeApi) => {
    let failAll: (thrown: unknown) => void;
    const failed = new Promise<void>((_, reject) => {
      failAll = reject;
    });
    return {
      note(ctx, n) {
        const call = sound.note(ctx, n);
        call.catch(failAll);
        return Promise.race([call, failed]);
      },
    };
  },
} as const satisfies Record<string, (sound: ProbeApi, probe: Probe) => Partial<ProbeApi>>;

export type TransportFault = keyof typeof transportFaults;

export function breakTransport(sound: ProbeApi, probe: Probe, fault: TransportFault): ProbeApi {
  const broken: Partial<ProbeApi> = transportFaults[fault](sound, probe);
  // Not spread: the sound one may be a proxy without keys.
  return new Proxy(sound, { get: (_, name: keyof ProbeApi) => broken[name] ?? sound[name] });
}

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<TransportFault, readonly string[]>> = {
  'arguments are shared': ['copies answers: what', 'ends a call at', 'ends a call when', 'tells no callee'],
  'causes are told': ['tells the problems'],
  'the deadline is lost': ['ends a call at'],
  'only the caller knows of the deadline': ['ends a call when'],
  'every call ends in an abort': ['copies arguments: what', 'ends a call at', 'ends a call when'],
  'results come after the answer': ['fails a call whose'],
  'results change their order': ['fails a call whose'],
  'late results are told': ['fails a call whose'],
  'ordered calls overtake': ['begins an ordered'],
  'ordered calls wait for each other': ['begins ordered calls'],
};
