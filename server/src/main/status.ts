import type { Health } from '../kernel/lifecycle.ts';
import type { ServiceStatus } from '../protocols/shared/halves.ts';
import type { ProcessStatus } from '../services/process/api.ts';
import { allServices } from './all-services.ts';
import type { InstanceStatus } from './processes.ts';

/** Without one of these it is down, without another it is ailing. */
const vital = allServices.filter((service) => service.vital).map(({ name }) => name);
/** Parts of the foundation that all data is behind. */
const isVital = (part: string): boolean => part === 'database' || part === 'database-chat';

type Part = ServiceStatus['services'][string];

/**
 * What `GET /status` says of the whole system: the parts of this process, what the other processes say of themselves, and
 * `down` for an expected service that no live instance runs. `down` altogether: a part that everything needs is; `degraded`:
 * some things do not work now, and the details say which.
 */
export function createStatus(
  own: ProcessStatus,
  others: readonly InstanceStatus[] = [],
  expected: readonly string[] = [],
): ServiceStatus {
  const parts: Record<string, Part> = {};
  const add = (name: string, health: Health): void => {
    parts[name] = merge(parts[name], { ...health, instances: health.status === 'down' ? 0 : 1 });
  };
  const addAll = (healths: Readonly<Record<string, Health>>): void => {
    for (const [name, health] of Object.entries(healths)) add(name, health);
  };
  addAll(own.foundation);
  addAll(own.modules);
  for (const { service, status } of others) {
    if (status) addAll(status.foundation);
    add(
      service,
      status ? healthOf(service, status, expected) : { status: 'down', detail: 'an instance does not answer' },
    );
  }
  for (const service of expected) if (!parts[service]) add(service, { status: 'down', detail: 'no instance runs' });
  const all = Object.entries(parts);
  const lost = all.some(([name, { status }]) => status === 'down' && (vital.includes(name) || isVital(name)));
  const ailing = !own.ready || all.some(([, { status }]) => status !== 'ok');
  const { version, uptimeSeconds } = own;
  return { status: lost ? 'down' : ailing ? 'degraded' : 'ok', version, uptimeSeconds, services: parts };
}

/** A service is as well as the worst of what it is made of: its own module, and those of its process that are no service. */
function healthOf(service: string, { modules }: ProcessStatus, services: readonly string[]): Health {
  const own = Object.keys(modules).filter((name) => name === service || !services.includes(name));
  const ailing = own.flatMap((name) => modules[name] ?? []).filter(({ status }) => status !== 'ok');
  const missing: Health = { status: 'down', detail: 'it does not run there any more' };
  return ailing.find(({ status }) => status === 'down') ?? ailing[0] ?? modules[service] ?? missing;
}

/** Of several instances: `down` only when none runs, `ok` only when all do. */
function merge(known: Part | undefined, next: Part): Part {
  if (!known) return next;
  const instances = known.instances + next.instances;
  const ailing = [known, next].find(({ status }) => status !== 'ok');
  if (!ailing) return { ...known, instances };
  return { ...ailing, status: instances === 0 ? 'down' : 'degraded', instances };
}
