import type { Log } from '../kernel/log.ts';
import { toFailureOfSql } from '../ports/sql.ts';
import { createLocal } from '../rpc/local.ts';
import type { WholeChatApi } from '../services/chat/trusted-api.ts';
import type { DiscoveryApi } from '../services/discovery/api.ts';
import type { WholeIdentityApi } from '../services/identity/trusted-api.ts';
import type { PeopleApi } from '../services/people/api.ts';
import type { RealtimeApi } from '../services/realtime/api.ts';
import type { RouterApi } from '../services/router/api.ts';

/** The interfaces that cross service borders, by service. */
export interface ServiceApis {
  identity: WholeIdentityApi;
  people: PeopleApi;
  chat: WholeChatApi;
  router: RouterApi;
  realtime: RealtimeApi;
  discovery: DiscoveryApi;
}

export type ServiceName = keyof ServiceApis;

/** What runs in other processes: of a service some instance, or one by its id. */
export interface Remote {
  connect<K extends ServiceName>(name: K): ServiceApis[K];
  at<K extends ServiceName>(name: K, instance: string): ServiceApis[K];
}

export interface Services {
  /** A module puts its implementation here in `init`. */
  provide<K extends ServiceName>(name: K, api: ServiceApis[K]): void;
  /** What another service calls; usable once the modules have been initialised. */
  connect<K extends ServiceName>(name: K): ServiceApis[K];
  /** One instance, by the id of its process: the hub that a delivery is for. */
  at<K extends ServiceName>(name: K, instance: string): ServiceApis[K];
  /** What this process serves to others. */
  provided(): Readonly<Partial<ServiceApis>>;
}

/** Decides, in this one place, whether a service is reached in process or over the wire. */
export function createServices(deps: {
  readonly log: Log;
  readonly processId: string;
  /** null: all services run in this process. */
  readonly remote: Remote | null;
}): Services {
  const { log, processId, remote } = deps;
  const provided: Partial<ServiceApis> = {};
  const locals = new Map<ServiceName, unknown>();

  /** The calls of a process to itself mean what they mean over the wire. */
  function local<K extends ServiceName>(name: K): ServiceApis[K] {
    let api = locals.get(name);
    if (!api) {
      const options = { log: log.child({ service: name }), toFailure: toFailureOfSql };
      api = createLocal<never>(name, () => provided[name] as never, options);
      locals.set(name, api);
    }
    return api as ServiceApis[K];
  }

  function reach<K extends ServiceName>(name: K, where: (remote: Remote) => ServiceApis[K]): ServiceApis[K] {
    if (provided[name]) return local(name);
    if (!remote) throw new Error(`the ${name} service does not run in this process`);
    return where(remote);
  }

  return {
    provide(name, api) {
      provided[name] = api;
    },
    connect: (name) => defer(() => reach(name, (all) => all.connect(name))),
    at: (name, instance) =>
      instance === processId ? reach(name, (all) => all.at(name, instance)) : remoteAt(name, instance),
    provided: () => provided,
  };

  function remoteAt<K extends ServiceName>(name: K, instance: string): ServiceApis[K] {
    if (!remote) throw new Error(`the ${name} service has no instance ${instance}: there is only this process`);
    return remote.at(name, instance);
  }
}

/** An api that is looked up at each call: modules are wired before all of them are provided. */
function defer<T extends object>(resolve: () => T): T {
  return new Proxy({} as T, {
    get(_, method) {
      // `then` must stay absent: a proxy that is awaited or returned from an async function is not a promise.
      if (typeof method !== 'string' || method === 'then') return undefined;
      return (...args: unknown[]) => (resolve() as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    },
  });
}
