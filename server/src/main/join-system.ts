import type { Health } from '../kernel/lifecycle.ts';
import type { OtherProcesses } from './processes.ts';
import type { Remote, ServiceApis } from './services.ts';
export interface System {
  readonly remote: Remote;
  readonly others: OtherProcesses;
  health(): Readonly<Record<string, Health>>;
  readonly rpcPort: number;
  announce(provided: Readonly<Partial<ServiceApis>>): Promise<void>;
  leave(): Promise<void>;
  stopServing(): Promise<void>;
  close(): Promise<void>;
}
export async function joinSystem(_: object): Promise<System> {
  throw new Error('none');
}
