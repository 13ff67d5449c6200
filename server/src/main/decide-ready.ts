import type { ProcessStatus } from '../services/process/api.ts';
import { allServices } from './all-services.ts';

/**
 * Whether every service of a process that has started can work; `degraded` is no reason not to be asked. The bus is not needed
 * by those who keep data: they store, read and acknowledge without it.
 */
export function decideReady({ foundation, modules }: Pick<ProcessStatus, 'foundation' | 'modules'>): boolean {
  const parts = { ...foundation, ...modules };
  return allServices
    .filter(({ name }) => name in modules)
    .flatMap(({ name, needs }) => needs.flatMap((part) => (part === 'database' ? [part, `database-${name}`] : [part])))
    .every((part) => parts[part]?.status !== 'down');
}
