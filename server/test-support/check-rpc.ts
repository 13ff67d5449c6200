import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptors } from '@parley/contracts/descriptors';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  Codec,
  MethodOf,
  OrderedMethod,
  ResultsMethod,
  RpcMethod,
  RpcService,
  UnaryMethod,
} from '../src/rpc/rpc-service.ts';
import { orNull, whole, wireFailure } from './samples.ts';

/** Any arguments and any answer of a method; `M` is its type in RpcService. */
type Samples<M> =
  M extends UnaryMethod<infer A, infer R>
    ? { readonly args: Arbitrary<A>; readonly answer: Arbitrary<R> }
    : M extends ResultsMethod<infer A, infer R>
      ? { readonly args: Arbitrary<A>; readonly answer: Arbitrary<R>; readonly result: Arbitrary<readonly unknown[]> }
      : never;

/** The same of a method whose calls keep an order: what answers them is the same for all. */
interface OrderedSamples<A extends unknown[]> {
  readonly ordered: Arbitrary<A>;
}

/** Samples of every method of the api `T`: a method without them does not compile. */
export type RpcSamples<T> = {
  readonly [K in keyof T]: Samples<Exclude<MethodOf<T[K]>, OrderedMethod<never>>> | OrderedSamples<ArgsOf<T[K]>>;
};

type ArgsOf<F> = F extends (ctx: never, ...args: infer A) => unknown ? A : never;

/**
 * What must hold of every service's table: what is sent arrives as it was, the paths are those of the proto, and bytes of a
 * stranger are an error and nothing worse. `service` is the proto's full name.
 */
export function checkRpc<T>(rpc: RpcService<T>, service: string, samples: RpcSamples<T>): void {
  const methods = Object.entries<RpcMethod>(rpc.methods);
  /** Any request and any response of the method, as its codecs take them. */
  function valuesOf(name: string, method: RpcMethod): { request: Arbitrary<unknown>; response: Arbitrary<unknown> } {
    const given = samples[name as keyof T] as unknown as Record<string, Arbitrary<unknown>>;
    const { args, answer, result, ordered } = given;
    if (method.kind === 'unary') return { request: args!, response: answer! };
    if (method.kind === 'ordered')
      return {
        request: fc.record({ number: whole, args: ordered! }),
        response: fc.record({ number: whole, failure: orNull(wireFailure) }),
      };
    const response = fc.oneof(
      answer!.map((value) => ({ response: value })),
      result!.map((item) => ({ result: item })),
    );
    return { request: args!, response };
  }

  describe(service, () => {
    test('has a method for each rpc of the proto, of the same kind', () => {
      const table = methods.map(([, { path, kind }]) => [path, kind]);
      expect(table.sort()).toEqual(listRpcs(service).sort());
    });

    test.each(methods)('%s: what is sent arrives as it was', (name, method) => {
      const { request, response } = valuesOf(name, method);
      arrives(method.request, request);
      arrives(method.response as Codec<unknown>, response);
    });

    test.each(methods)('%s: bytes of a stranger are refused or read, and what was read can be sent', (name, method) => {
      const { request, response } = valuesOf(name, method);
      survives(method.request, request);
      survives(method.response as Codec<unknown>, response);
    });
  });
}

function arrives<A>(codec: Codec<A>, values: Arbitrary<A>): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(codec.decode(codec.encode(value))).toStrictEqual(withoutAbsent(value));
    }),
  );
}

function survives<A>(codec: Codec<A>, values: Arbitrary<A>): void {
  fc.assert(
    fc.property(hostileBytes(values, codec), (bytes) => {
      const read = attempt(() => codec.decode(bytes));
      if (!(read instanceof Error)) codec.encode(read);
    }),
  );
}

/** A member that is undefined means the same as one that is not there; null means something else. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, withoutAbsent(item)]));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutAbsent(item)]));
}

/** Noise, and true messages with a few bytes changed or the end cut off: those get further. */
function hostileBytes<A>(values: Arbitrary<A>, codec: Codec<A>): Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });
  const changed = fc.tuple(values, changes, fc.nat(8)).map(([value, edits, cut]) => {
    const bytes = Uint8Array.from(codec.encode(value));
    for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes.subarray(0, bytes.length - Math.min(cut, bytes.length));
  });
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), changed);
}

function attempt<T>(run: () => T): T | Error {
  try {
    return run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
    return thrown as Error;
  }
}

/** The paths of a service's rpcs by the committed descriptors, and what kind each is. */
function listRpcs(service: string): [path: string, kind: RpcMethod['kind']][] {
  return fileDescriptors
    .map((base64) => fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64')))
    .flatMap((file) => file.service.map((found) => ({ name: `${file.package}.${found.name}`, rpcs: found.method })))
    .filter(({ name }) => name === service)
    .flatMap(({ rpcs }) =>
      rpcs.map((rpc): [string, RpcMethod['kind']] => [
        `/${service}/${rpc.name}`,
        rpc.clientStreaming ? 'ordered' : rpc.serverStreaming ? 'results' : 'unary',
      ]),
    );
}
