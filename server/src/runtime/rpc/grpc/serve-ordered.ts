import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type Context, defaultDeadlineMs } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { OrderedMethod, WireFailure } from '../../../kernel/rpc.ts';
import { stripFailure } from '../wire-failure.ts';
import { acceptCall, type Callee, decodeRequest, encodeAnswer, toStatus } from './accept-call.ts';
import { maxUnanswered } from './limits.ts';

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** The streams of one ordered method that are open. */
export interface OrderedCallee {
  readonly handle: handleBidiStreamingCall<Buffer, Buffer>;
  /** Takes no further calls and ends each stream once what it has taken is answered. */
  drain(): void;
}

/**
 * Runs the calls of an ordered method: begun in the order in which they arrive, answered as they finish. What arrives while
 * `maxUnanswered` run, or while the caller does not take the answers, is left in the connection, which makes the caller wait.
 * A call has no deadline of its own: its caller stops waiting, but what was begun goes on.
 * `onLost`: a stream broke, so that its caller may have made calls that never arrived.
 */
export function serveOrdered(callee: Callee, onLost: (() => void) | undefined): OrderedCallee {
  const { request, response } = callee.method as OrderedMethod<unknown[]>;
  const open = new Map<Stream, { drain(): void }>();
  let drained = false;

  function handle(stream: Stream): void {
    let running = 0;
    let draining = false;
    let closed = false;
    let accepted: { readonly ctx: Context; end(): void };
    try {
      if (drained) throw fail('service.unavailable');
      accepted = acceptCall(stream, callee.clock);
    } catch (thrown) {
      stream.emit('error', toStatus(thrown, callee));
      return;
    }

    const close = (thrown?: unknown): void => {
      if (closed) return;
      closed = true;
      open.delete(stream);
      accepted.end();
      if (thrown) stream.emit('error', toStatus(thrown, callee));
      else stream.end();
    };
    const settle = (): void => {
      if (closed) return;
      if (draining && running === 0) close(stream.readableEnded ? undefined : fail('service.unavailable'));
      else if (!draining && running < maxUnanswered && !stream.writableNeedDrain) stream.resume();
    };
    const run = async ({ number, args }: { number: number; args: unknown[] }): Promise<void> => {
      let failure: WireFailure | null = null;
      try {
        const ctx = { ...accepted.ctx, deadline: callee.clock.monotonic() + defaultDeadlineMs };
        await callee.run(ctx, ...args);
      } catch (thrown) {
        failure = stripFailure(callee.toFailure(thrown), callee.method.path, callee.log);
      }
      running--;
      if (closed) return;
      stream.write(encodeAnswer(response.encode, { number, failure }));
      settle();
    };
    const breakOff = (thrown: unknown): void => {
      if (closed) return;
      close(thrown);
      onLost?.();
    };

    stream.on('data', (bytes: Buffer) => {
      if (closed || draining) return;
      try {
        const call = decodeRequest(request.decode, bytes);
        if (++running >= maxUnanswered || stream.writableNeedDrain) stream.pause();
        run(call).catch(breakOff);
      } catch (thrown) {
        // Its number is not known, so that no call can be told: the caller learns that the stream is no good.
        breakOff(thrown);
      }
    });
    stream.on('drain', settle);
    stream.on('end', () => {
      draining = true;
      settle();
    });
    stream.once('cancelled', () => {
      if (closed) return;
      closed = true;
      open.delete(stream);
      onLost?.();
    });
    open.set(stream, {
      drain() {
        draining = true;
        settle();
      },
    });
  }

  return {
    handle,
    drain() {
      drained = true;
      for (const stream of [...open.values()]) stream.drain();
    },
  };
}
