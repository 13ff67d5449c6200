import type { ProcessStatus } from '../services/process/api.ts';

/**
 * What a service can do none of its work without, by the names of parts in the status of its process. The bus is not among
 * them for those who keep data: they store, read and acknowledge without it. Who faces people (gateway, realtime) needs
 * nothing here: what it lacks all its instances lack, and out of the balancer none of them could tell people so.
 */
export const cannotWorkWithout: Readonly<Record<string, readonly string[]>> = {
  gateway: [],
  realtime: [],
  identity: ['database', 'database-identity'],
  people: ['database', 'database-people'],
  chat: ['database', 'database-chat'],
  relay: ['relay', 'bus'],
  router: ['bus', 'registry'],
  discovery: ['discovery'],
};

/** Whether every service of a process that has started can work; `degraded` is no reason not to be asked. */
export function decideReady({ foundation, modules }: Pick<ProcessStatus, 'foundation' | 'modules'>): boolean {
  const parts = { ...foundation, ...modules };
  return Object.keys(modules)
    .flatMap((service) => cannotWorkWithout[service] ?? [])
    .every((part) => parts[part]?.status !== 'down');
}
