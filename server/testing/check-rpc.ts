import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptors } from '@parley/contracts/descriptors';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../src/kernel/errors.ts';
import type {
  Codec,
  MethodOf,
  OrderedMethod,
  ResultsMethod,
  RpcMethod,
  RpcService,
  UnaryMethod,
} from '../src/kernel/rpc.ts';

/** Any arguments and any answer of a method; `M` is its type in RpcService. */
type Samples<M> =
  M extends UnaryMethod<infer A, infer R>
    ? { readonly args: Arbitrary<A>; readonly answer: Arbitrary<R> }
    : M extends ResultsMethod<infer A, infer R>
      ? { readonly args: Arbitrary<A>; readonly answer: Arbitrary<R>; readonly result: Arbitrary<readonly unknown[]> }
      : never;

/** Samples of every method of the api `T`: a method without them does not compile. */
export type RpcSamples<T> = { readonly [K in keyof T]: Samples<Exclude<MethodOf<T[K]>, OrderedMethod<never>>> };

type Rpc = RpcMethod & { readonly kind: 'unary' | 'results' };

/**
 * What must hold of every service's table: what is sent arrives as it was, the paths are those of the proto, and bytes of a
 * stranger are an error and nothing worse. `service` is the proto's full name.
 */
export function checkRpc<T>(rpc: RpcService<T>, service: string, samples: RpcSamples<T>): void {
  const methods = Object.entries(rpc.methods) as [string, Rpc][];
  const samplesOf = (name: string) => samples[name as keyof T] as Samples<UnaryMethod<unknown[], unknown>>;

  describe(service, () => {
    test('has a method for each rpc of the proto, of the same kind', () => {
      const table = methods.map(([, { path, kind }]) => [path, kind === 'results']);
      expect(table.sort()).toEqual(listRpcs(service).sort());
    });

    test.each(methods)('%s: what is sent arrives as it was', (name, method) => {
      const { args, answer, result } = samplesOf(name) as ReturnType<typeof samplesOf> & { result: Arbitrary<unknown> };
      arrives(method.request, args);
      if (method.kind === 'unary') return arrives(method.response, answer);
      arrives(
        method.response,
        fc.oneof(
          answer.map((response) => ({ response })),
          result.map((item) => ({ result: item })),
        ),
      );
    });

    test.each(methods)('%s: bytes of a stranger are refused or read, and what was read can be sent', (name, method) => {
      const { args } = samplesOf(name);
      fc.assert(
        fc.property(hostileBytes(args, method.request), (bytes) => {
          const read = attempt(() => method.request.decode(bytes));
          if (read instanceof Failure) expect(read.code).toBe('request.invalid');
          else method.request.encode(read as never);
        }),
      );
      fc.assert(
        fc.property(hostileBytes(args, method.request), (bytes) => {
          expect(attempt(() => method.response.decode(bytes))).not.toBeInstanceOf(Failure);
        }),
      );
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

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
    return thrown;
  }
}

/** The paths of a service's rpcs by the committed descriptors, and whether the answer is a stream. */
function listRpcs(service: string): [path: string, streams: boolean][] {
  return fileDescriptors
    .map((base64) => fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64')))
    .flatMap((file) => file.service.map((found) => ({ name: `${file.package}.${found.name}`, rpcs: found.method })))
    .filter(({ name }) => name === service)
    .flatMap(({ rpcs }) => rpcs.map((rpc): [string, boolean] => [`/${service}/${rpc.name}`, rpc.serverStreaming]));
}
