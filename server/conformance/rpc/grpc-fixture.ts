import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import { createGrpcServer, type GrpcServer } from '../../src/rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../../src/rpc/grpc/create-peer.ts';
import type { Peer } from '../../src/rpc/rpc-service.ts';
import type { ProcessApi } from '../../src/services/process/api.ts';
import { processRpc } from '../../src/services/process/rpc.ts';
import { createProbe, type Probe, type ProbeApi, probeRpc } from './probe.ts';

export const secret = 'of the suite';

/** The probe behind a gRPC port of loopback, and who calls it. All of it ends with `end`. */
export interface GrpcFixture {
  readonly probe: Probe;
  readonly server: GrpcServer;
  readonly address: string;
  /** How often the server was told that a stream was lost. */
  lost: number;
  /** What the callee has logged as errors. */
  readonly logged: unknown[];
  /** @param to by default the server itself */
  peer(to?: string, options?: { secret?: string; log?: Log }): Peer;
  /** Sends messages to a path as any program could; resolves with what it answers. */
  send(path: string, messages: Buffer | readonly Buffer[], metadata?: Metadata): Promise<Buffer>;
  end(): Promise<void>;
}

export async function openGrpcFixture(options: { port?: number; stopMs?: number } = {}): Promise<GrpcFixture> {
  const ends: (() => unknown)[] = [];
  const probe = createProbe();
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, error: (fields) => logged.push(fields) };
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, secret, log, ...options });
  const hooks = { onStreamLost: () => fixture.lost++ };
  server.add(probeRpc, probe.api, hooks);
  // Never called: reflection shows services that have a proto.
  server.add(processRpc, {} as ProcessApi);
  await server.unit.start();
  ends.push(() => server.unit.stop());
  const address = `127.0.0.1:${server.port}`;
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  ends.push(() => client.close());
  const asBytes = (bytes: Buffer): Buffer => bytes;
  const fixture: GrpcFixture = {
    probe,
    server,
    address,
    logged,
    lost: 0,
    peer(to = address, given = {}) {
      const peer = createPeer({ address: to, secret, log: silentLog, ...given });
      ends.push(() => peer.close());
      return peer;
    },
    send: (path, messages, metadata = credential(secret)) =>
      new Promise((resolve, reject) => {
        const call = client.makeBidiStreamRequest(path, asBytes, asBytes, metadata);
        const heard: Buffer[] = [];
        call.on('data', (answer: Buffer) => heard.push(answer));
        call.on('error', (error: ServiceError) => reject(error));
        call.on('end', () => resolve(Buffer.concat(heard)));
        for (const message of [messages].flat()) call.write(message);
        call.end();
      }),
    async end() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
  return fixture;
}

export function credential(text: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${text}`);
  return metadata;
}

/** The api of the probe as calls of a peer. */
export function callProbe(peer: Peer): ProbeApi {
  const calls = Object.entries(probeRpc.methods).map(([name, method]) => {
    const call: (...args: never[]) => unknown =
      method.kind === 'results'
        ? (ctx, ...args) => peer.call(method, ctx, args.slice(0, -1), args.at(-1))
        : (ctx, ...args) => peer.call(method, ctx, args);
    return [name, call];
  });
  return Object.fromEntries(calls) as ProbeApi;
}
