import type { Replication } from '../../ports/replication.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { TellProcesses } from '../process/api.ts';
import type { RelayDatabase } from './config.ts';
import { createRelay } from './module.ts';

/** What of the program it is wired to. */
export interface RelayParts extends ServiceParts {
  readonly databases: readonly RelayDatabase[];
  readonly replication: Replication;
  readonly processes: TellProcesses;
  /** Who writes in the same process slows down while this says so. */
  readonly pressure: { watch(behind: () => boolean): void };
}

export function initRelay(p: RelayParts): WiredService {
  const { unit, behind } = createRelay({
    ...partsFor(p, 'relay'),
    databases: p.databases,
    replication: p.replication,
    onReset: (reason) => void p.processes.tell('resetStream', (process, ctx) => process.onStreamReset(ctx, reason)),
  });
  p.pressure.watch(behind);
  return { unit, apis: {} };
}
