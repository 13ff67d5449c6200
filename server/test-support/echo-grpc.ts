import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Failure } from '../src/kernel/errors.ts';
import { silentLog } from '../src/kernel/log.ts';
import { createPublicGrpc, type PublicGrpcOptions } from '../src/runtime/public-grpc/create-public-grpc.ts';
import type { GrpcCall, GrpcMessage, GrpcStatus } from '../src/runtime/public-grpc/public-grpc.ts';

const json: GrpcMessage<object> = {
  encode: (message) => ({ finish: () => Buffer.from(JSON.stringify(message)) }),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as object,
};
const unary = { requestType: json, responseType: json, requestStream: false, responseStream: false } as const;
const service = { fullName: 'test.Echo', methods: { say: { name: 'Say', ...unary } } } as const;

/** A public gRPC port with one method, `/test.Echo/Say`, of JSON, that `answer` answers. */
export async function startEchoGrpc(
  answer: (call: GrpcCall, request: object) => Promise<object>,
  options: Partial<PublicGrpcOptions> = {},
  describe: (failure: Failure) => GrpcStatus = ({ code, message }) => ({
    code: 'UNKNOWN',
    message: `${code}: ${message}`,
  }),
) {
  const server = createPublicGrpc({ host: '127.0.0.1', port: 0, log: silentLog, ...options });
  server.add(service, { say: answer }, { describe, descriptors: [] });
  await server.unit.start();
  return server;
}

const pass = (bytes: Buffer): Buffer => bytes;

/** A client of such a port that knows no proto. */
export function connectEcho(address: string) {
  const client = new Client(address, credentials.createInsecure());
  const raw = (
    path: string,
    request: Buffer,
    keys: Record<string, string | Buffer>,
    options: object,
    onCall?: (cancel: () => void) => void,
  ) =>
    new Promise<Buffer>((resolve, reject) => {
      const metadata = new Metadata();
      for (const [key, value] of Object.entries(keys)) metadata.set(key, value);
      const call = client.makeUnaryRequest(path, pass, pass, request, metadata, options, (error, bytes) =>
        error ? reject(error) : resolve(bytes as Buffer),
      );
      onCall?.(() => call.cancel());
    });
  return {
    raw: (path: string, request: Buffer, keys: Record<string, string> = {}) => raw(path, request, keys, {}),
    say: async (
      request: object,
      keys: Record<string, string | Buffer> = {},
      options: object = {},
      onCall?: (cancel: () => void) => void,
    ) =>
      JSON.parse((await raw('/test.Echo/Say', Buffer.from(JSON.stringify(request)), keys, options, onCall)).toString()),
    close: () => client.close(),
  };
}
