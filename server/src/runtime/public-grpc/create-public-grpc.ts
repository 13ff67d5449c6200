import { Server, type ServerUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { createContext, defaultDeadlineMs } from '../../kernel/context.ts';
import { type Failure, fail, toFailure } from '../../kernel/errors.ts';
import { createId } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import { type Metrics, noMetrics } from '../../kernel/metrics.ts';
import { clientAddress, noProxies, type TrustedProxies } from '../../kernel/trusted-proxies.ts';
import { publicServerOptions } from '../../rpc/grpc/limits.ts';
import { addReflection, listen, shutDown } from '../../rpc/grpc/server-port.ts';
import type { GrpcCall, GrpcHost, GrpcMessage, GrpcStatus } from './public-grpc.ts';

export interface PublicGrpcOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Reverse proxies whose `x-forwarded-for` is believed; none unless said. */
  readonly trustProxy?: TrustedProxies;
  /** How long `stop` waits for the calls that run, in milliseconds. */
  readonly stopMs?: number;
}

export interface PublicGrpc extends GrpcHost {
  readonly unit: Required<Pick<Unit, 'start' | 'drain' | 'stop'>>;
  /** The port in use, once started. */
  readonly port: number;
}

/** Nothing of ours is in the metadata of strangers; who they are is for the protocols to find out. */
type Call = ServerUnaryCall<Buffer, Buffer>;
type Answer = (error: Partial<StatusObject> | null, bytes?: Buffer) => void;

/** A gRPC port for the world: the services of the protocols, the standard health service, and reflection. */
export function createPublicGrpc(options: PublicGrpcOptions): PublicGrpc {
  const { host, port, log, metrics = noMetrics, trustProxy = noProxies, stopMs = 5_000 } = options;
  const server = new Server(publicServerOptions);
  const health = new HealthImplementation();
  const seconds = metrics.histogram('parley_grpc_request_seconds', 'Time from a public gRPC call to its answer.');
  const names: string[] = [];
  const descriptors = new Set<string>();
  let bound = port;

  const setServing = (serving: boolean): void => {
    for (const name of ['', ...names]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  health.addToServer(server);
  return {
    get port() {
      return bound;
    },
    add(service, handlers, { describe, descriptors: files }) {
      names.push(service.fullName);
      for (const file of files) descriptors.add(file);
      for (const [key, { name, requestType, responseType }] of Object.entries(service.methods)) {
        const path = `/${service.fullName}/${name}`;
        const handle = handlers[key] as (call: GrpcCall, request: unknown) => Promise<unknown>;
        const serve = async (call: Call, answer: Answer): Promise<void> => {
          const began = performance.now();
          let code: GrpcStatus['code'] | 'OK' = 'OK';
          try {
            const request = decode(requestType, call.request);
            answer(
              null,
              Buffer.from(responseType.encode(await handle(acceptCall(call, trustProxy), request)).finish()),
            );
          } catch (thrown) {
            const failure = toFailure(thrown);
            if (failure.code === 'internal') log.error({ method: path, err: failure.cause ?? failure }, 'call failed');
            const said = describeSafely(describe, failure, log);
            code = said.code;
            answer(toStatus(said));
          }
          const ms = performance.now() - began;
          seconds.observe(ms / 1000);
          log.debug({ method: path, code, ms: Math.round(ms) }, 'answered');
        };
        server.addService({ [name]: { path, ...asBytes } }, { [name]: serve });
      }
    },
    unit: {
      async start() {
        addReflection(server, [...descriptors], names);
        bound = await listen(server, host, port, 'public');
        setServing(true);
      },
      async drain() {
        setServing(false);
      },
      async stop() {
        setServing(false);
        await shutDown(server, stopMs);
      },
    },
  };
}

const pass = (bytes: Buffer): Buffer => bytes;
const asBytes = {
  requestStream: false,
  responseStream: false,
  requestSerialize: pass,
  requestDeserialize: pass,
  responseSerialize: pass,
  responseDeserialize: pass,
} as const;

function acceptCall(call: Call, trustProxy: TrustedProxies): GrpcCall {
  const abort = new AbortController();
  call.once('cancelled', () => abort.abort(fail('service.timeout', 'The caller has gone.')));
  // A stranger's deadline may be anything, also none; nobody holds a place here for longer than over HTTP.
  const left = Math.min(defaultDeadlineMs, Number(call.getDeadline()) - Date.now());
  const metadata = (key: string): string | undefined => {
    const value = call.metadata.get(key)[0];
    return typeof value === 'string' ? value : undefined;
  };
  const forwarded = call.metadata.get('x-forwarded-for').join();
  const address = clientAddress(call.getPeer(), forwarded, trustProxy);
  return { ctx: { ...createContext(null, createId<string>(), left), address, signal: abort.signal }, metadata };
}

function decode(type: GrpcMessage<unknown>, bytes: Buffer): unknown {
  try {
    return type.decode(bytes);
  } catch (cause) {
    throw fail('request.invalid', { detail: 'The request is not what the method takes.', cause });
  }
}

/** What is wrong with how a protocol describes failures ends its call and not the process. */
function describeSafely(describe: (failure: Failure) => GrpcStatus, failure: Failure, log: Log): GrpcStatus {
  try {
    return describe(failure);
  } catch (err) {
    log.error({ err }, 'a failure cannot be described');
    return { code: 'INTERNAL', message: failure.row.message };
  }
}

function toStatus({ code, message }: GrpcStatus): Partial<StatusObject> {
  // It travels as a header, which half of a surrogate pair would break.
  return { code: status[code], details: Buffer.from(message).toString() };
}
