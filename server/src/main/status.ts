import type { Health } from '../kernel/lifecycle.ts';
import type { ServiceStatus } from '../protocols/native/native-deps.ts';

export interface StatusSources {
  /** What the adapters say: databases, storage. */
  readonly foundation: Readonly<Record<string, Health>>;
  /** What the modules say. */
  readonly modules: Readonly<Record<string, Health>>;
  /** All modules run and none is stopping. */
  readonly ready: boolean;
  readonly version: string;
  readonly uptimeSeconds: number;
}

/** What `GET /status` says. `down`: a part that everything needs is; `degraded`: some things do not work now. */
export function createStatus({ foundation, modules, ready, version, uptimeSeconds }: StatusSources): ServiceStatus {
  const parts = Object.entries({ ...foundation, ...modules });
  const ailing = !ready || parts.some(([, { status }]) => status !== 'ok');
  const lost = Object.values(foundation).some(({ status }) => status === 'down');
  return {
    status: lost ? 'down' : ailing ? 'degraded' : 'ok',
    version,
    uptimeSeconds,
    services: Object.fromEntries(
      parts.map(([name, health]) => [name, { ...health, instances: health.status === 'down' ? 0 : 1 }]),
    ),
  };
}
