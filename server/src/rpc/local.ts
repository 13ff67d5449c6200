import { type Clock, systemClock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type Failure, fail, toFailure } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { copyValue } from './copy-value.ts';
import { reviveFailure, stripFailure } from './wire-failure.ts';

/** What a service offers to others: methods that take a context first and answer with data. */
type Api<T> = { [K in keyof T]: (ctx: Context, ...args: never[]) => Promise<unknown> };

/**
 * The in-process transport: a call through it means what the same call means over gRPC (docs/architecture/rpc.md). Arguments and
 * answers are copied, the principal and the deadline travel with it, the callee's `ctx.signal` aborts when the caller's
 * deadline passes, and a failure arrives as its code with the cause left behind in the callee's log.
 * A function among the arguments is a stream of answers that come before the last one: what it is called with is copied, and
 * after the call has ended it is called no more.
 * `resolve` is asked at each call: services are wired before all of them exist.
 */
export function createLocal<T extends Api<T>>(name: string, resolve: () => T, options: LocalOptions): T {
  const { log, clock = systemClock, toFailure: read = toFailure } = options;
  const calls = new Map<string, unknown>();
  return new Proxy({} as T, {
    get(_, method) {
      // `then` must stay absent: a proxy that is awaited or returned from an async function is not a promise.
      if (typeof method !== 'string' || method === 'then') return undefined;
      let call = calls.get(method);
      if (!call) {
        const run: Run = (ctx, ...args) => (resolve() as unknown as Record<string, Run>)[method]!(ctx, ...args);
        call = (ctx: Context, ...args: unknown[]) =>
          callLocal({ target: `${name}.${method}`, run, ctx, args, clock, log, toFailure: read });
        calls.set(method, call);
      }
      return call;
    },
  });
}

export interface LocalOptions {
  readonly log: Log;
  readonly clock?: Clock;
  /** What a thrown thing means to the caller; by default only a Failure means anything. */
  readonly toFailure?: (thrown: unknown) => Failure;
}

type Run = (ctx: Context, ...args: unknown[]) => Promise<unknown>;

interface Call {
  readonly target: string;
  readonly run: Run;
  readonly ctx: Context;
  readonly args: readonly unknown[];
  readonly clock: Clock;
  readonly log: Log;
  readonly toFailure: (thrown: unknown) => Failure;
}

async function callLocal({ target, run, ctx, args, clock, log, toFailure }: Call): Promise<unknown> {
  const left = ctx.deadline - clock.monotonic();
  if (left <= 0) throw fail('service.timeout');
  if (ctx.signal?.aborted) throw fail('service.timeout', 'The caller has gone.');
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onCallerAbort: (() => void) | undefined;
  const cut = new Promise<never>((_, reject) => {
    const end = (failure: Failure): void => {
      // In this order: a callee that answers when it hears of the end is late.
      reject(failure);
      abort.abort(failure);
    };
    timer = setTimeout(() => end(fail('service.timeout')), Math.min(left, 2 ** 31 - 1));
    onCallerAbort = () => end(fail('service.timeout', 'The caller has gone.'));
    ctx.signal?.addEventListener('abort', onCallerAbort, { once: true });
  });
  let ended = false;
  const open = (listen: (...items: unknown[]) => void) => {
    return (...items: unknown[]) => {
      if (!ended) listen(...items.map(copyValue));
    };
  };
  try {
    const copied = args.map((arg) => (typeof arg === 'function' ? open(arg as () => void) : copyValue(arg)));
    // What a request came from stays with the caller.
    const { principal, requestId, deadline } = ctx;
    const told = { principal, requestId, deadline, signal: abort.signal };
    return copyValue(await Promise.race([run(told, ...copied), cut]));
  } catch (thrown) {
    throw reviveFailure(stripFailure(toFailure(thrown), target, log));
  } finally {
    ended = true;
    clearTimeout(timer);
    if (onCallerAbort) ctx.signal?.removeEventListener('abort', onCallerAbort);
  }
}
