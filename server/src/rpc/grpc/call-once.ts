import type { Client, ServiceError } from '@grpc/grpc-js';
import type { Context } from '../../kernel/context.ts';
import { type Failure, fail, toFailure } from '../../kernel/errors.ts';
import type { ResultsMethod, UnaryMethod } from '../rpc-service.ts';
import { callerGone } from './await-caller.ts';
import { writeContext } from './call-metadata.ts';

/** A request that is ready to be sent over an open connection. */
export interface Request {
  readonly client: Client;
  readonly secret: string;
  readonly ctx: Context;
  readonly bytes: Buffer;
  /** Wall-clock milliseconds: gRPC's deadline. */
  readonly until: number;
  /** Where a call keeps what cancels it as long as it runs. */
  readonly cancels: Set<() => void>;
  readonly readError: (error: ServiceError) => Failure;
}

const asBytes = (bytes: Buffer): Buffer => bytes;

export function callUnary(request: Request, { path, response }: UnaryMethod<unknown[], unknown>): Promise<unknown> {
  const { client, secret, ctx, bytes, until, readError } = request;
  return new Promise((resolve, reject) => {
    const metadata = writeContext(secret, ctx);
    const call = client.makeUnaryRequest(
      path,
      asBytes,
      asBytes,
      bytes,
      metadata,
      { deadline: until },
      (error, answer) => {
        release();
        if (error) return reject(readError(error));
        try {
          resolve(response.decode(answer!));
        } catch (cause) {
          reject(fail('internal', { cause }));
        }
      },
    );
    const release = hold(request, () => call.cancel(), reject);
  });
}

export function callResults(
  request: Request,
  { path, response }: ResultsMethod<unknown[], unknown>,
  onResult: ((...result: unknown[]) => void) | undefined,
  onBegun: (() => void) | undefined,
): Promise<unknown> {
  const { client, secret, ctx, bytes, until, readError } = request;
  return new Promise((resolve, reject) => {
    const metadata = writeContext(secret, ctx);
    const call = client.makeServerStreamRequest(path, asBytes, asBytes, bytes, metadata, { deadline: until });
    let settled = false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      release();
      end();
    };
    const fault = (failure: Failure): void => settle(() => reject(failure));
    const release = hold(request, () => call.cancel(), fault);
    call.once('metadata', () => !settled && onBegun?.());
    call.on('data', (item: Buffer) => {
      if (settled) return;
      try {
        const heard = response.decode(item);
        if ('result' in heard) onResult?.(...heard.result);
        else settle(() => resolve(heard.response));
      } catch (thrown) {
        // Bytes that are no answer, or a listener that threw: in either case nobody hears the rest.
        fault(toFailure(thrown));
        call.cancel();
      }
    });
    call.on('error', (error: ServiceError) => fault(readError(error)));
    call.on('end', () => {
      // Made only when it is needed: a failure keeps its stack, which costs more than the call's own bookkeeping.
      if (!settled) fault(fail('internal', { cause: new Error(`${path} ended without an answer`) }));
    });
  });
}

/** Ends the call when its caller goes; what is returned gives up watching. */
function hold({ cancels, ctx }: Request, cancel: () => void, reject: (failure: Failure) => void): () => void {
  const onAbort = (): void => {
    reject(callerGone());
    cancel();
  };
  cancels.add(cancel);
  ctx.signal?.addEventListener('abort', onAbort);
  return () => {
    cancels.delete(cancel);
    ctx.signal?.removeEventListener('abort', onAbort);
  };
}
