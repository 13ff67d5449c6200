import type { Failure } from '@parley/contracts/rpc/rpc.v1';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type {
  Codec,
  OrderedMethod,
  ResultsMethod,
  RpcService,
  Spread,
  UnaryMethod,
  WireFailure,
} from '../rpc-service.ts';
import { CheckedWriter } from './checked-writer.ts';
import { wireFailure } from './model.ts';
import { nullable, type Shape, WireError, whole } from './shapes.ts';

/** A generated message: what of it is needed here. */
export interface Message<W> {
  encode(message: W, writer: CheckedWriter): { finish(): Uint8Array };
  decode(bytes: Uint8Array): W;
}

/** A method without its path, which follows from its name in the api and the service it is in. */
type Unplaced<M> = M extends unknown ? Omit<M, 'path'> : never;

/** True: asking another instance after a call whose outcome is unknown does no harm. See MethodBase in kernel/rpc. */
interface Traits<A extends readonly unknown[]> {
  readonly idempotent: boolean;
  readonly key?: (ctx: Context, ...args: A) => string | null;
}

/** One request, one answer. */
export function unary<Q, P, A extends readonly unknown[], R, T extends Traits<A>>(
  request: Message<Q>,
  args: Shape<A, Q>,
  response: Message<P>,
  answer: Shape<R, P>,
  traits: T,
): Unplaced<UnaryMethod<A, R>> {
  return { kind: 'unary', ...traits, request: createRequest(request, args), response: createCodec(response, answer) };
}

/** One request, results as they become known, then the answer: the two cases of `step` in the response. */
export function results<Q, P, A extends readonly unknown[], R, T extends Traits<A> & { readonly spread?: Spread<A> }>(
  request: Message<Q>,
  args: Shape<A, Q>,
  response: Message<P>,
  step: Shape<{ readonly result: readonly unknown[] } | { readonly response: R }, P>,
  traits: T,
): Unplaced<ResultsMethod<A, R>> {
  return { kind: 'results', ...traits, request: createRequest(request, args), response: createCodec(response, step) };
}

/** Calls in order: the request has `number` beside the arguments, the answer is `number` and, of a call that failed, `failure`. */
export function ordered<Q, A extends readonly unknown[]>(
  request: Message<Q & { readonly number: number }>,
  args: Shape<A, Q>,
  response: Message<{ readonly number: number; readonly failure?: Failure | null | undefined }>,
  traits: Traits<NoInfer<A>>,
): Unplaced<OrderedMethod<A>> {
  const failure = nullable(wireFailure);
  const call: Shape<{ readonly number: number; readonly args: A }, Q & { readonly number: number }> = {
    to: (value) => ({ ...args.to(value.args), number: whole.to(value.number) }),
    from: (wire) => ({ number: wire.number, args: args.from(wire) }),
  };
  const answer: Shape<
    { readonly number: number; readonly failure: WireFailure | null },
    { readonly number: number; readonly failure?: Failure | null | undefined }
  > = {
    to: (value) => ({ number: whole.to(value.number), failure: failure.to(value.failure) }),
    from: (wire) => ({ number: wire.number, failure: failure.from(wire.failure ?? null) }),
  };
  return { kind: 'ordered', ...traits, request: createRequest(request, call), response: createCodec(response, answer) };
}

/**
 * The table of an api. `service` is the proto's full name; the method `getMessage` is its `GetMessage`.
 */
export function createRpcService<T>(
  name: string,
  service: string,
  methods: { readonly [K in keyof T]: Unplaced<RpcService<T>['methods'][K]> },
): RpcService<T> {
  const placed = Object.entries<object>(methods).map(([method, rest]) => [
    method,
    { ...rest, path: `/${service}/${method.charAt(0).toUpperCase()}${method.slice(1)}` },
  ]);
  return { name, methods: Object.fromEntries(placed) };
}

export function createCodec<A, W>(message: Message<W>, shape: Shape<A, W>): Codec<A> {
  return {
    encode: (value) => message.encode(shape.to(value), new CheckedWriter()).finish(),
    decode: (bytes) => shape.from(message.decode(bytes)),
  };
}

/**
 * What has no form on the wire (a fraction for a seq, a word that is none) is the caller's to know: `request.invalid`, as the
 * callee would say. Of bytes that are no request the transport says the same.
 */
export function createRequest<A, W>(message: Message<W>, shape: Shape<A, W>): Codec<A> {
  const { encode, decode } = createCodec(message, shape);
  return {
    decode,
    encode(value) {
      try {
        return encode(value);
      } catch (cause) {
        throw cause instanceof WireError ? fail('request.invalid', { detail: `${cause.message}.`, cause }) : cause;
      }
    },
  };
}
