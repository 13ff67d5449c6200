import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type Context, defaultDeadlineMs } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { OrderedMethod, WireFailure } from '../rpc-service.ts';
import { stripFailure } from '../wire-failure.ts';
import { acceptCall, type Callee, decodeRequest, encodeAnswer, toStatus } from './accept-call.ts';
import { maxUnanswered } from './limits.ts';

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** The streams of one ordered method that are open. */
export interface OrderedCallee {
  readonly handle: handleBidiStreamingCall<Buffer, Buffer>;
  /** Refuses further calls and ends each stream once what it has taken is answered. */
  drain(): void;
}

/**
 * Runs the calls of an ordered method: begun in the order in which they arrive, answered as they finish. What arrives while
 * `maxUnanswered` run, or while the caller does not take the answers, is left in the connection, which makes the caller wait.
 * A call has no deadline of its own: its caller stops waiting, but what was begun goes on.
 * `onLost`: a stream ended and we have not ended it, so that its caller may have made calls that never arrived.
 */
export function serveOrdered(callee: Callee, onLost: (() => void) | undefined): OrderedCallee {
  const open = new Set<OpenStream>();
  let drained = false;
  return {
    handle(stream) {
      try {
        if (drained) throw fail('service.unavailable');
        const accepted = acceptCall(stream, callee.clock);
        const opened = runStream(callee, stream, accepted.ctx, (lost) => {
          accepted.end();
          open.delete(opened);
          if (lost) onLost?.();
        });
        open.add(opened);
      } catch (thrown) {
        stream.emit('error', toStatus(thrown, callee));
      }
    },
    drain() {
      drained = true;
      for (const stream of [...open]) stream.drain();
    },
  };
}

interface OpenStream {
  drain(): void;
}

/** @param onEnd hears once that the stream has ended, and whether calls may be lost */
function runStream(callee: Callee, stream: Stream, ctx: Context, onEnd: (lost: boolean) => void): OpenStream {
  const { request, response } = callee.method as OrderedMethod<unknown[]>;
  let running = 0;
  let draining = false;
  let ended = false;

  const end = (lost: boolean): boolean => {
    if (ended) return false;
    ended = true;
    onEnd(lost);
    return true;
  };
  const breakOff = (thrown: unknown): void => {
    if (end(true)) stream.emit('error', toStatus(thrown, callee));
  };
  const settle = (): void => {
    if (ended) return;
    if (!draining) {
      if (running < maxUnanswered && !stream.writableNeedDrain) stream.resume();
    } else if (running === 0) {
      // That it reads as ended tells nothing: it does when the connection breaks, too.
      end(stream.readableEnded);
      if (stream.readableEnded) stream.end();
      else stream.emit('error', toStatus(fail('service.unavailable'), callee));
    }
  };
  const answer = (number: number, failure: WireFailure | null): void => {
    if (!ended) stream.write(encodeAnswer(response.encode, { number, failure }));
  };
  const run = async ({ number, args }: { number: number; args: unknown[] }): Promise<void> => {
    let failure: WireFailure | null = null;
    try {
      await callee.run({ ...ctx, deadline: callee.clock.monotonic() + defaultDeadlineMs }, ...args);
    } catch (thrown) {
      failure = stripFailure(callee.toFailure(thrown), callee.method.path, callee.log);
    }
    running--;
    answer(number, failure);
    settle();
  };
  const drain = (): void => {
    draining = true;
    settle();
  };

  stream.on('data', (bytes: Buffer) => {
    if (ended) return;
    try {
      const call = decodeRequest(request.decode, bytes);
      if (draining) return answer(call.number, stopping);
      if (++running >= maxUnanswered || stream.writableNeedDrain) stream.pause();
      run(call).catch(breakOff);
    } catch (thrown) {
      // Its number is not known, so that no call can be told: the caller learns that the stream is no good.
      breakOff(thrown);
    }
  });
  stream.on('drain', settle);
  stream.on('end', drain);
  stream.once('cancelled', () => end(true));
  return { drain };
}

const stopping: WireFailure = { code: 'service.unavailable', detail: 'The service is stopping.' };
