import type { ServiceError } from '@grpc/grpc-js';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { type Failure, fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { type OrderedMethod, type Peer, TransportFailure } from '../rpc-service.ts';
import { timeLeft, watchCaller } from './await-caller.ts';
import { callResults, callUnary } from './call-once.ts';
import { createConnection } from './connection.ts';
import { encodeRequest } from './encode-request.ts';
import { createOrderedCalls, type OrderedCalls } from './ordered-calls.ts';
import { readError } from './read-error.ts';

export interface PeerOptions {
  /** `host:port` of the internal gRPC of a process. */
  readonly address: string;
  /** The service secret that the process asks for. */
  readonly secret: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The connection to one process over gRPC (docs/architecture/rpc.md). What is called with has become bytes when `call` returns. */
export function createPeer({ address, secret, log, clock = systemClock }: PeerOptions): Peer {
  const connection = createConnection(address);
  const cancels = new Set<() => void>();
  const ordered = new Map<string, OrderedCalls>();
  let closed = false;

  const read = (error: ServiceError): Failure => {
    const failure = readError(error);
    // Nothing that waiting heals: a wrong secret, another release, a proxy in between. The callee's own it has logged itself.
    if (failure instanceof TransportFailure && failure.code === 'internal')
      log.error({ address, error }, 'a call was refused on its way');
    return failure;
  };
  const orderedCalls = (method: OrderedMethod<readonly unknown[]>): OrderedCalls => {
    const calls = ordered.get(method.path) ?? createOrderedCalls({ method, connection, secret, readError: read });
    ordered.set(method.path, calls);
    return calls;
  };

  return {
    async call(method, ctx, args, onResult, onBegun) {
      const left = timeLeft(ctx, clock);
      if (closed) throw new TransportFailure('service.unavailable', false);
      if (method.kind === 'ordered') {
        // Its stream is the program's own: who would carry a user through it finds out at once.
        if (ctx.principal) throw fail('internal', { cause: new Error(`${method.path} carries no principal`) });
        return orderedCalls(method).call(ctx, left, args);
      }
      const until = Date.now() + left;
      const bytes = encodeRequest(method.request.encode, args);
      const opening = connection.open();
      if (opening) await awaitOpening(opening, ctx, left);
      const request = { client: connection.client, secret, ctx, bytes, until, cancels, readError: read };
      return method.kind === 'unary' ? callUnary(request, method) : callResults(request, method, onResult, onBegun);
    },
    close() {
      closed = true;
      for (const calls of ordered.values()) calls.close();
      for (const cancel of [...cancels]) cancel();
      connection.client.close();
    },
  };
}

/** As the opening settles, or as the caller's patience ends: nothing was sent in either case. */
function awaitOpening(opening: Promise<void>, ctx: Context, left: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const release = watchCaller(ctx, left, ({ code, message }) =>
      reject(new TransportFailure(code, false, { detail: message })),
    );
    opening.then(resolve, reject).finally(release);
  });
}
