import type { EventEmitter } from 'node:events';
import type { ServerUnaryCall, StatusObject } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { errorTable, type Failure, fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { RpcMethod } from '../rpc-service.ts';
import { stripFailure } from '../wire-failure.ts';
import { readContext, writeFailure } from './call-metadata.ts';
import { maxMessageBytes } from './limits.ts';

export type Run = (ctx: Context, ...args: unknown[]) => Promise<unknown>;

/** What runs one method of a service. */
export interface Callee {
  readonly method: RpcMethod;
  readonly run: Run;
  readonly log: Log;
  readonly clock: Clock;
  readonly toFailure: (thrown: unknown) => Failure;
}

/**
 * The callee's context of a call. Its signal aborts when the caller has gone or the deadline has passed, unless `end` was
 * called before. Throws `request.invalid` on metadata that no peer of ours sends.
 */
export function acceptCall(
  call: Pick<ServerUnaryCall<Buffer, Buffer>, 'metadata' | 'getDeadline'> & Pick<EventEmitter, 'once'>,
  clock: Clock,
): { readonly ctx: Context; end(): void } {
  const abort = new AbortController();
  let ended = false;
  // gRPC tells this of every call in the end, also of one that was answered.
  call.once('cancelled', () => {
    if (!ended) abort.abort(fail('service.timeout', 'The caller has gone.'));
  });
  // gRPC sends how long is left and counts by the wall clock; ours may not jump (rule 6).
  const left = Number(call.getDeadline()) - Date.now();
  return {
    ctx: { ...readContext(call.metadata), deadline: clock.monotonic() + left, signal: abort.signal },
    end() {
      ended = true;
    },
  };
}

/** A request as the method's arguments. Throws `request.invalid` when the bytes are none. */
export function decodeRequest<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return decode(bytes);
  } catch (thrown) {
    throw fail('request.invalid', { detail: 'The request is not what the method takes.', cause: thrown });
  }
}

/** An answer as bytes. Throws when they are more than the caller would take. */
export function encodeAnswer<T>(encode: (value: T) => Uint8Array, value: T): Buffer {
  const bytes = encode(value);
  if (bytes.length > maxMessageBytes) throw new Error(`an answer of ${bytes.length} bytes is too large to be sent`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How a call ends that threw: the gRPC status of the table, and in the trailers what the caller may know. */
export function toStatus(thrown: unknown, { method, log, toFailure }: Callee): StatusObject {
  const failure = stripFailure(toFailure(thrown), method.path, log);
  return {
    code: status[errorTable[failure.code].grpc],
    // Not the detail: this one travels as a header and must be short and plain.
    details: failure.code,
    metadata: writeFailure(failure),
  };
}
