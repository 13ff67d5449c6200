import { type Context, systemContext } from '../kernel/context.ts';
import type { Log } from '../kernel/log.ts';
import type { Instance } from '../model/instance.ts';
import type { ProcessApi, ProcessStatus } from '../services/process/api.ts';

/** Another process that waits for us must not wait for long: what it is told it also learns from the change stream. */
const tellMs = 1_000;
const statusMs = 1_500;

export interface OtherProcesses {
  /** Live instances of the named services, one of each process, this one left out. */
  instances(services: readonly string[]): readonly Instance[];
  at(instance: Instance): ProcessApi;
}

export interface InstanceStatus {
  readonly service: string;
  /** null: it does not answer. */
  readonly status: ProcessStatus | null;
}

/** All processes of the system, this one included. */
export interface Processes {
  /** Calls every process that runs one of the services; resolves after a second at the latest, and never rejects. */
  tell(services: readonly string[], call: (process: ProcessApi, ctx: Context) => Promise<void>): Promise<void>;
  /** What each other live instance of the services says of itself. */
  statuses(services: readonly string[]): Promise<readonly InstanceStatus[]>;
}

export function createProcesses(deps: {
  readonly own: ProcessApi;
  /** What of the targets runs here. */
  readonly ownServices: readonly string[];
  readonly others: OtherProcesses | null;
  readonly log: Log;
}): Processes {
  const { own, ownServices, others, log } = deps;
  return {
    async tell(services, call) {
      const here = services.some((service) => ownServices.includes(service)) ? [own] : [];
      const apis = [...here, ...(others?.instances(services) ?? []).map((instance) => others!.at(instance))];
      const told = apis.map((api) =>
        call(api, systemContext('processes', tellMs)).catch((error: unknown) =>
          log.warn({ error }, 'a process could not be told'),
        ),
      );
      await Promise.all(told);
    },
    async statuses(services) {
      if (!others) return [];
      return Promise.all(
        services.flatMap((service) =>
          others.instances([service]).map(async (instance) => ({
            service,
            status: await others
              .at(instance)
              .status(systemContext('status', statusMs))
              .catch(() => null),
          })),
        ),
      );
    },
  };
}
