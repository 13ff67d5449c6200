import { expect } from 'vitest';
import { systemClock } from '../src/kernel/clock.ts';
import { type Failure, fail } from '../src/kernel/errors.ts';
import { silentLog } from '../src/kernel/log.ts';
import { toFailureOfSql } from '../src/ports/sql.ts';
import { createGrpcServer } from '../src/rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../src/rpc/grpc/create-peer.ts';
import { createLocal } from '../src/rpc/local.ts';
import { createPeers } from '../src/rpc/remote/create-peers.ts';
import { createRemoteAt } from '../src/rpc/remote/remote.ts';
import type { RpcService } from '../src/rpc/rpc-service.ts';

/** A running service as others reach it: within its process, and over gRPC. */
export interface Transports<T> {
  readonly local: T;
  readonly grpc: T;
  close(): Promise<void>;
}

export async function openTransports<T extends object>(rpc: RpcService<T>, api: T): Promise<Transports<T>> {
  const secret = 'of the test';
  const options = { log: silentLog, toFailure: toFailureOfSql };
  const server = createGrpcServer({ ...options, host: '127.0.0.1', port: 0, secret });
  server.add(rpc, api);
  await server.unit.start();
  const peers = createPeers({
    clock: systemClock,
    open: (address) => createPeer({ address, secret, log: silentLog }),
  });
  return {
    local: createLocal(rpc.name, () => api as never, options),
    grpc: createRemoteAt(rpc, `127.0.0.1:${server.port}`, peers),
    async close() {
      peers.close();
      await server.unit.stop();
    },
  };
}

/** The call fails both ways, with the same failure: all that its caller sees of it. */
export async function expectAlike<T>(transports: Transports<T>, call: (api: T) => Promise<unknown>): Promise<void> {
  const failureOf = async (api: T): Promise<object> => {
    const failure: Failure = await call(api).then(
      () => fail('internal', 'The call did not fail.'),
      (thrown) => thrown,
    );
    const { code, message, problems, retryAfterMs } = failure;
    return { code, message, problems, retryAfterMs };
  };
  const local = await failureOf(transports.local);
  expect(local).not.toMatchObject({ code: 'internal' });
  expect(await failureOf(transports.grpc)).toEqual(local);
}
