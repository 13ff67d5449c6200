import type { Clock } from '../kernel/clock.ts';
import { systemContext } from '../kernel/context.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Instance } from '../model/instance.ts';
import { toFailureOfSql } from '../ports/sql.ts';
import { createGrpcServer } from '../rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../rpc/grpc/create-peer.ts';
import { createPeers } from '../rpc/remote/create-peers.ts';
import { createRemote, createRemoteAt, createRemotes, type Remotes } from '../rpc/remote/remote.ts';
import type { RpcService } from '../rpc/rpc-service.ts';
import { createDirectory } from '../services/discovery/create-directory.ts';
import { discoveryRpc } from '../services/discovery/rpc.ts';
import type { ProcessApi } from '../services/process/api.ts';
import { processRpc } from '../services/process/rpc.ts';
import { allServices, serviceNames } from './all-services.ts';
import { joinAddress } from './join-address.ts';
import type { Options } from './options.ts';
import type { OtherProcesses } from './processes.ts';
import type { Remote, ServiceApis, ServiceName } from './services.ts';

type Rpcs = Readonly<Record<ServiceName, RpcService<object>>>;

/** How every interface crosses the wire: any of them may be called from here. */
async function loadRpcs(): Promise<Rpcs> {
  const loading = allServices.flatMap(({ rpc = {} }) =>
    Object.entries(rpc as Readonly<Record<string, () => Promise<object>>>).map(async ([name, load]) => [
      name,
      await load(),
    ]),
  );
  return Object.fromEntries(await Promise.all(loading));
}
/** How often it is looked whether this process is ready, in milliseconds. */
const readyMs = 1_000;

/** This process as one of several: what it calls in others, and how others call it. */
export interface System {
  readonly remote: Remote;
  readonly others: OtherProcesses;
  /** Of the directory. */
  health(): Readonly<Record<string, Health>>;
  readonly rpcPort: number;
  /** Serves what this process provides, and says so to discovery. */
  announce(provided: Readonly<Partial<ServiceApis>>): Promise<void>;
  /** Callers turn to other instances from now on; calls are still answered. */
  leave(): Promise<void>;
  /** No call is accepted any more; those that run are waited for. */
  stopServing(): Promise<void>;
  close(): Promise<void>;
}

export interface SystemDeps {
  readonly options: Options;
  readonly processId: string;
  /** What of the targets runs here. */
  readonly ownServices: readonly string[];
  readonly own: ProcessApi;
  /** What the standard health service says of this process, too. */
  ready(): boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Begins to look for the other processes; the rest of `System` is called by main/serve in its order. */
export async function joinSystem({
  options,
  processId,
  ownServices,
  own,
  ready,
  clock,
  log,
  metrics,
}: SystemDeps): Promise<System> {
  const rpcs = await loadRpcs();
  const secret = options['service-secret'] as string;
  const rpcLog = log.child({ part: 'rpc' });
  const peers = createPeers({ clock, open: (address) => createPeer({ address, secret, log: rpcLog, clock }) });
  const discoveries = options.discovery.map((address) => createRemoteAt(discoveryRpc, address, peers));
  const directory = createDirectory({ discovery: discoveries, clock, log: log.child({ part: 'directory' }), metrics });
  const server = createGrpcServer({
    host: options.host,
    port: options['rpc-port'],
    secret,
    log: rpcLog,
    toFailure: toFailureOfSql,
    clock,
  });
  for (const service of serviceNames) directory.source(service); // so that they are known when they are needed
  await directory.unit.start?.();

  let watching: NodeJS.Timeout | undefined;

  const connected = new Map<ServiceName, unknown>();
  const byId = new Map<ServiceName, Remotes<object>>();
  const live = (service: string): readonly Instance[] => directory.source(service).list();
  return {
    remote: {
      connect(name) {
        let api = connected.get(name);
        if (!api) {
          const source = directory.source(rpcs[name].name);
          api = createRemote(rpcs[name], { source, peers, clock, log: rpcLog, metrics });
          connected.set(name, api);
        }
        return api as ServiceApis[typeof name];
      },
      at(name, id) {
        let remotes = byId.get(name);
        if (!remotes) {
          remotes = createRemotes(rpcs[name], { source: directory.source(rpcs[name].name), peers });
          byId.set(name, remotes);
        }
        return remotes.of(id) as ServiceApis[typeof name];
      },
    },
    others: {
      instances: (services) => {
        const found = services.flatMap((service) => live(service)).filter(({ id }) => id !== processId);
        return [...new Map(found.map((instance) => [instance.id, instance])).values()];
      },
      at: ({ address }) => createRemoteAt(processRpc, address, peers),
    },
    health: () => ({ directory: directory.unit.health?.() ?? { status: 'ok' } }),
    get rpcPort() {
      return server.port;
    },
    async announce(provided) {
      server.add(processRpc, own);
      for (const [name, api] of Object.entries(provided) as [ServiceName, object][]) {
        const onStreamLost = (): void =>
          void provided.realtime?.doubt(systemContext('rpc'), 'a router stream was lost');
        server.add(rpcs[name], api, name === 'realtime' ? { onStreamLost } : {});
      }
      await server.unit.start();
      server.setServing(ready());
      watching = setInterval(() => server.setServing(ready()), readyMs).unref();
      const address = options.advertise ?? joinAddress(options.host, server.port);
      directory.announce(ownServices.map((service) => ({ id: processId, service, address })));
    },
    async leave() {
      clearInterval(watching);
      server.setServing(false);
      await directory.withdraw();
    },
    async stopServing() {
      await server.unit.drain();
      await server.unit.stop();
    },
    async close() {
      clearInterval(watching);
      await directory.unit.stop?.();
      peers.close();
    },
  };
}
