import { type MethodDefinition, Server, type UntypedHandleCall } from '@grpc/grpc-js';
import { fileDescriptors } from '@parley/contracts/descriptors';
import { HealthImplementation } from 'grpc-health-check';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { type Failure, toFailure as readThrown } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { RpcMethod, RpcService } from '../rpc-service.ts';
import type { Callee, Run } from './accept-call.ts';
import { serverOptions } from './limits.ts';
import { requireCredential } from './require-credential.ts';
import { serveResults, serveUnary } from './serve-call.ts';
import { type OrderedCallee, serveOrdered } from './serve-ordered.ts';
import { addReflection, listen, shutDown } from './server-port.ts';

export interface GrpcServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What callers must know: one secret for all processes of an installation. */
  readonly secret: string;
  readonly log: Log;
  /** What a thrown thing means to the caller; by default only a Failure means anything. */
  readonly toFailure?: (thrown: unknown) => Failure;
  readonly clock?: Clock;
  /** How long `stop` waits for the calls that run, in milliseconds. */
  readonly stopMs?: number;
}

export interface GrpcServer {
  /**
   * Answers calls of a service; before the start. `onStreamLost`: a stream of ordered calls ended and not by us, so that
   * its caller may have made calls that never arrived.
   */
  add<T extends object>(service: RpcService<T>, api: T, hooks?: { onStreamLost?(): void }): void;
  readonly unit: Required<Pick<Unit, 'start' | 'drain' | 'stop'>>;
  /** Known once it has started. */
  readonly port: number;
  /** What the standard health service says of the process and of each of its services; at first: not serving. */
  setServing(serving: boolean): void;
}

/** The internal gRPC port of a process: the services that run in it, their health, and reflection (docs/architecture/rpc.md). */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { host, port, secret, log, toFailure = readThrown, clock = systemClock, stopMs = 5_000 } = options;
  if (!secret) throw new Error('the internal gRPC port needs a service secret');
  const server = new Server({ ...serverOptions, interceptors: [requireCredential(secret)] });
  const health = new HealthImplementation();
  const names = new Set(['']);
  const ordered: OrderedCallee[] = [];
  let bound: number | undefined;

  let status: 'SERVING' | 'NOT_SERVING' = 'NOT_SERVING';

  const setServing = (serving: boolean): void => {
    status = serving ? 'SERVING' : 'NOT_SERVING';
    for (const name of names) health.setStatus(name, status);
  };
  const open = (callee: Callee, onStreamLost?: () => void): UntypedHandleCall => {
    if (callee.method.kind === 'unary') return serveUnary(callee);
    if (callee.method.kind === 'results') return serveResults(callee);
    const opened = serveOrdered(callee, onStreamLost);
    ordered.push(opened);
    return opened.handle;
  };

  health.addToServer(server);
  setServing(false);
  return {
    setServing,
    get port() {
      if (bound === undefined) throw new Error('the internal gRPC port has not been opened yet');
      return bound;
    },
    add(service, api, { onStreamLost } = {}) {
      const runs = api as unknown as Record<string, Run>;
      for (const [name, method] of Object.entries<RpcMethod>(service.methods)) {
        const run: Run = (ctx, ...args) => runs[name]!(ctx, ...args);
        const handler = open({ method, run, log, clock, toFailure }, onStreamLost);
        server.addService({ [name]: defineMethod(method) }, { [name]: handler });
        names.add(method.path.split('/')[1]!);
      }
      setServing(status === 'SERVING');
    },
    unit: {
      async start() {
        addReflection(server, fileDescriptors, [...names].filter(Boolean));
        bound = await listen(server, host, port, 'internal');
      },
      async drain() {
        setServing(false);
      },
      async stop() {
        setServing(false);
        for (const callee of ordered) callee.drain();
        await shutDown(server, stopMs);
      },
    },
  };
}

const asBytes = (bytes: Buffer): Buffer => bytes;

function defineMethod(method: RpcMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: method.path,
    requestStream: method.kind === 'ordered',
    responseStream: method.kind !== 'unary',
    requestSerialize: asBytes,
    requestDeserialize: asBytes,
    responseSerialize: asBytes,
    responseDeserialize: asBytes,
  };
}
