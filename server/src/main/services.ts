import type { Log } from '../kernel/log.ts';
import { toFailureOfSql } from '../ports/sql.ts';
import { createLocal } from '../runtime/rpc/local.ts';
import type { ChatApi } from '../services/chat/api.ts';
import type { IdentityApi } from '../services/identity/api.ts';
import type { PeopleApi } from '../services/people/api.ts';
import type { RealtimeApi } from '../services/realtime/api.ts';
import type { RouterApi } from '../services/router/api.ts';

/** The interfaces that cross service borders, by service. */
export interface ServiceApis {
  identity: IdentityApi;
  people: PeopleApi;
  chat: ChatApi;
  router: RouterApi;
  realtime: RealtimeApi;
}

export interface Services {
  /** A module puts its implementation here in `init`. */
  provide<K extends keyof ServiceApis>(name: K, api: ServiceApis[K]): void;
  /** What another service calls; usable once that service has been initialised. */
  connect<K extends keyof ServiceApis>(name: K): ServiceApis[K];
}

/** Decides, in this one place, whether a service is reached in process or over the wire. */
export function createServices(log: Log): Services {
  const provided: Partial<ServiceApis> = {};
  const connected: Partial<Record<keyof ServiceApis, unknown>> = {};
  return {
    provide(name, api) {
      provided[name] = api;
    },
    connect(name) {
      connected[name] ??= createLocal(
        name,
        () => {
          const api = provided[name];
          if (!api) throw new Error(`the ${name} service does not run in this process`);
          return api as never;
        },
        { log: log.child({ service: name }), toFailure: toFailureOfSql },
      );
      return connected[name] as ServiceApis[typeof name];
    },
  };
}
