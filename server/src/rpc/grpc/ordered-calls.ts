import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Context } from '../../kernel/context.ts';
import type { Failure } from '../../kernel/errors.ts';
import { type OrderedMethod, TransportFailure } from '../rpc-service.ts';
import { reviveFailure } from '../wire-failure.ts';
import { watchCaller } from './await-caller.ts';
import { writeContext } from './call-metadata.ts';
import type { Connection } from './connection.ts';
import { encodeRequest } from './encode-request.ts';
import { maxUnanswered } from './limits.ts';

/** The calls of one ordered method to one peer. */
export interface OrderedCalls {
  /** @param left milliseconds until the caller's deadline */
  call(ctx: Context, left: number, args: readonly unknown[]): Promise<void>;
  /** Fails what is not answered. */
  close(): void;
}

export interface OrderedCallsDeps {
  readonly method: OrderedMethod<readonly unknown[]>;
  readonly connection: Connection;
  readonly secret: string;
  readonly readError: (error: ServiceError) => Failure;
}

interface Call {
  readonly bytes: Buffer;
  /** null: it succeeded. */
  settle(failure: Failure | null): void;
}

type Stream = ClientDuplexStream<Buffer, Buffer>;
const asBytes = (bytes: Buffer): Buffer => bytes;

/**
 * One stream, opened at the first call and again after a break. A call is sent when those before it have been sent; at most
 * `maxUnanswered` are on the way, and none while the callee does not take them. A break fails all, also those that were not sent
 * yet: were they sent on the next stream, they would overtake the failed ones when these are made again.
 */
export function createOrderedCalls({ method, connection, secret, readError }: OrderedCallsDeps): OrderedCalls {
  /** By number, in order. */
  const waiting = new Map<number, Call>();
  const unanswered = new Map<number, Call>();
  let stream: Stream | null = null;
  let opening = false;
  let last = 0;

  /** @param begun false: not even what was sent can have begun */
  function breakOff(cause: unknown, begun = true): void {
    stream?.cancel();
    stream = null;
    const lost = [...unanswered.values()];
    const unsent = [...waiting.values()];
    unanswered.clear();
    waiting.clear();
    for (const call of lost) call.settle(new TransportFailure('service.unavailable', begun, { cause }));
    for (const call of unsent) call.settle(new TransportFailure('service.unavailable', false, { cause }));
  }

  function openStream(): Stream {
    const metadata = writeContext(secret, { principal: null, requestId: `stream:${method.path}` });
    const opened: Stream = connection.client.makeBidiStreamRequest(method.path, asBytes, asBytes, metadata);
    const onEnd = (cause: unknown, begun = true): void => {
      if (opened === stream) breakOff(cause, begun);
    };
    opened.on('data', (bytes: Buffer) => {
      if (opened !== stream) return;
      try {
        const { number, failure } = method.response.decode(bytes);
        const call = unanswered.get(number);
        unanswered.delete(number);
        call?.settle(failure && reviveFailure(failure));
        send();
      } catch (thrown) {
        onEnd(thrown);
      }
    });
    opened.on('drain', send);
    opened.on('error', (error: ServiceError) => {
      const failure = readError(error);
      onEnd(failure, !(failure instanceof TransportFailure) || failure.reached);
    });
    opened.on('end', () => onEnd(new Error('the callee ended the stream')));
    return opened;
  }

  function send(): void {
    if (opening || waiting.size === 0) return;
    if (!stream) {
      const opened = connection.open();
      if (opened) {
        dial(opened);
        return;
      }
      stream = openStream();
    }
    for (const [number, call] of waiting) {
      if (unanswered.size >= maxUnanswered || stream.writableNeedDrain) return;
      waiting.delete(number);
      unanswered.set(number, call);
      stream.write(call.bytes);
    }
  }

  function dial(opened: Promise<void>): void {
    opening = true;
    const done = (next: () => void): void => {
      opening = false;
      next();
    };
    opened.then(
      () => done(send),
      ({ cause }) => done(() => breakOff(cause)),
    );
  }

  return {
    call(ctx, left, args) {
      const number = ++last;
      const bytes = encodeRequest(method.request.encode, { number, args });
      return new Promise((resolve, reject) => {
        const release = watchCaller(ctx, left, (failure) => {
          // Not sent yet: it never will be. Sent: its answer, when it comes, still makes room for another.
          waiting.delete(number);
          reject(failure);
        });
        const settle = (failure: Failure | null): void => {
          release();
          if (failure) reject(failure);
          else resolve();
        };
        waiting.set(number, { bytes, settle });
        send();
      });
    },
    close: () => breakOff(new Error('the connection was closed here')),
  };
}
