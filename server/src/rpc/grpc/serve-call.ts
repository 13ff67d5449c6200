import { type handleServerStreamingCall, type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type { ResultsMethod, UnaryMethod } from '../rpc-service.ts';
import { acceptCall, type Callee, decodeRequest, encodeAnswer, toStatus } from './accept-call.ts';

/** Runs the calls of a method with one answer. */
export function serveUnary(callee: Callee): handleUnaryCall<Buffer, Buffer> {
  const { request, response } = callee.method as UnaryMethod<unknown[], unknown>;
  return async (call, answer) => {
    try {
      const { ctx, end } = acceptCall(call, callee.clock);
      const args = decodeRequest(request.decode, call.request);
      const bytes = encodeAnswer(response.encode, await callee.run(ctx, ...args));
      end();
      answer(null, bytes);
    } catch (thrown) {
      answer(toStatus(thrown, callee));
    }
  };
}

/** Runs the calls of a method whose results go out as they become known, before its answer. */
export function serveResults(callee: Callee): handleServerStreamingCall<Buffer, Buffer> {
  const { request, response } = callee.method as ResultsMethod<unknown[], unknown>;
  return async (call) => {
    let ended = false;
    const hear = (...result: unknown[]): void => {
      if (!ended) call.write(encodeAnswer(response.encode, { result }));
    };
    try {
      const { ctx, end } = acceptCall(call, callee.clock);
      const args = decodeRequest(request.decode, call.request);
      const running = callee.run(ctx, ...args, hear);
      // The caller hears at once that the call has begun: what it calls from now on begins after it.
      call.sendMetadata(new Metadata());
      const answer = encodeAnswer(response.encode, { response: await running });
      ended = true;
      end();
      call.write(answer);
      call.end();
    } catch (thrown) {
      ended = true;
      call.emit('error', toStatus(thrown, callee));
    }
  };
}
