import { systemContext } from '../kernel/context.ts';
import type { Log } from '../kernel/log.ts';
import type { Instance } from '../model/instance.ts';
import type { Told } from '../ports/service.ts';
import type { ProcessApi, ProcessStatus, TellProcesses } from '../services/process/api.ts';
import { allServices } from './all-services.ts';

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
export interface Processes extends TellProcesses {
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
    async tell(what, call) {
      for (const services of turnsOf(what)) {
        const here = services.some((service) => ownServices.includes(service)) ? [own] : [];
        const apis = [...here, ...(others?.instances(services) ?? []).map((instance) => others!.at(instance))];
        const told = apis.map((api) =>
          call(api, systemContext('processes', tellMs)).catch((error: unknown) =>
            log.warn({ error }, 'a process could not be told'),
          ),
        );
        await Promise.all(told);
      }
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

/** The services that hear of it: those that keep data, then the others. */
function turnsOf(what: Told): readonly (readonly string[])[] {
  const hearing = allServices.filter(({ hears = [] }) => hears.includes(what));
  const keeping = hearing.filter(({ database }) => database);
  return [keeping, hearing.filter((service) => !keeping.includes(service))].map((turn) => turn.map(({ name }) => name));
}
