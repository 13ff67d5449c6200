import type { Context } from '../kernel/context.ts';
import { type ErrorCode, type ErrorOptions, Failure } from '../kernel/errors.ts';

/** Values of one kind as bytes (protobuf) and back. `decode` throws on bytes that are no such message. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** What of a failure crosses a process border: its code and what the caller may read, never the cause. */
export interface WireFailure extends Pick<ErrorOptions, 'problems' | 'retryAfterMs'> {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** One of the items that a call is about. */
export interface SpreadItem<A extends readonly unknown[]> {
  readonly args: A;
  readonly index: number;
}

/**
 * How calls about items of many keys are cut into a call per instance, and items of several calls put together into one: so the
 * callee must not ask who calls, but what each item says. Such a method is of kind `results`: each result is
 * `[index, what became of the item]`, heard once at the most for each item, and the answer is the list of all of them in the order
 * asked; so whoever cuts the call numbers and joins without knowing what the items are.
 */
export interface Spread<A extends readonly unknown[]> {
  /** The key of each item, in order. */
  keys(...args: A): readonly string[];
  /** What the items take in memory, for the bound of those that wait; absent: little. */
  readonly bytes?: (...args: A) => number;
  /** One call for some items of some calls, in this order. */
  take(items: readonly SpreadItem<A>[]): A;
  /** What becomes of an item whose part of the call failed as a whole: one part's failure never fails its neighbours. */
  failed(failure: Failure): unknown;
}

interface MethodBase<A extends readonly unknown[]> {
  /** `/package.Service/Method` */
  readonly path: string;
  /** True: asking another instance after a call whose outcome is unknown does no harm. */
  readonly idempotent: boolean;
  /** What decides the instance, by rendezvous hash, so that equal keys meet (rule 3); absent or null: any instance. */
  readonly key?: (ctx: Context, ...args: A) => string | null;
}

/** One request, one answer. */
export interface UnaryMethod<A extends readonly unknown[], R> extends MethodBase<A> {
  readonly kind: 'unary';
  readonly request: Codec<A>;
  readonly response: Codec<R>;
}

/**
 * One request, results as they become known, then the answer (server streaming). The api's last parameter is the function
 * that hears the results; `A` leaves it out.
 */
export interface ResultsMethod<A extends readonly unknown[], R> extends MethodBase<A> {
  readonly kind: 'results';
  readonly request: Codec<A>;
  readonly response: Codec<{ readonly result: readonly unknown[] } | { readonly response: R }>;
  /** Present when the items of one call may belong to many instances; `key` is then absent. */
  readonly spread?: Spread<A>;
}

/**
 * Calls that reach the callee in the order they were made, on one long-lived stream per peer (bidirectional streaming): each
 * carries a number and is answered by it. When the stream breaks, every unanswered call fails with `service.unavailable`.
 */
export interface OrderedMethod<A extends readonly unknown[]> extends MethodBase<A> {
  readonly kind: 'ordered';
  readonly request: Codec<{ readonly number: number; readonly args: A }>;
  readonly response: Codec<{ readonly number: number; readonly failure: WireFailure | null }>;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments of any method; RpcService ties them to the api's own
export type RpcMethod = UnaryMethod<any, any> | ResultsMethod<any, any> | OrderedMethod<any>;

/** The method that carries calls of the function `F` of an api: its arguments after the context, without the results' listener. */
export type MethodOf<F> = F extends (ctx: Context, ...args: infer A) => Promise<infer R>
  ? Required<A> extends readonly [...infer B, Listener]
    ? ResultsMethod<B, R>
    : UnaryMethod<A, R> | OrderedMethod<A>
  : never;

// biome-ignore lint/suspicious/noExplicitAny: the results of any method
type Listener = (...result: any[]) => void;

/** How an api crosses the wire: given by the service's rpc.ts, run by runtime/rpc. */
export interface RpcService<T> {
  /** The service's name in discovery: `chat`. */
  readonly name: string;
  readonly methods: { readonly [K in keyof T]: MethodOf<T[K]> };
}

/**
 * The call failed on its way, not in the service: no connection, a connection that broke, a credential that was refused.
 * Lives only in the caller's process; to its caller's caller it is a Failure like any other.
 */
export class TransportFailure extends Failure {
  /** False: certainly nothing of the call ran, so that it may be made again elsewhere whatever it does. */
  readonly reached: boolean;

  constructor(code: ErrorCode, reached: boolean, options: ErrorOptions = {}) {
    super(code, options);
    this.reached = reached;
  }
}

/** The connection to one address. It opens at the first call and again after a break. */
export interface Peer {
  /**
   * Rejects with a Failure: the callee's own, or a TransportFailure. `args` are the arguments after the context, without the
   * function that hears the results; after the promise has settled `onResult` is called no more.
   * `onBegun` hears once, at the latest with the first result, that the callee runs a `results` call: what is called after that
   * begins after it. Calls that are merely made one after the other may overtake each other on their way.
   */
  call(
    method: RpcMethod,
    ctx: Context,
    args: readonly unknown[],
    onResult?: (...items: unknown[]) => void,
    onBegun?: () => void,
  ): Promise<unknown>;
  /** Calls in flight fail with `service.unavailable`. */
  close(): void;
}
