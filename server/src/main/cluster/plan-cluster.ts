import type { Service } from '../../ports/service.ts';
import { allServices, serviceNames } from '../all-services.ts';

/** One process of a cluster on this machine. */
export interface Planned {
  /** `chat-1` */
  readonly name: string;
  readonly target: string;
  /** null: this target ends no HTTP. */
  readonly httpPort: number | null;
  /** For the public's gRPC; null: this target ends none. */
  readonly grpcPort: number | null;
  readonly rpcPort: number;
  readonly adminPort: number;
}

export type Instances = Readonly<Record<string, number>>;

/** What the others look for is first, what faces people last. */
const turnOf = ({ name, ports }: Service): number => (name === 'discovery' ? 0 : ports ? 2 : 1);

/** What is started unless told. */
export const defaultInstances: Instances = Object.fromEntries(
  [...allServices].sort((a, b) => turnOf(a) - turnOf(b)).map(({ name, instances }) => [name, instances]),
);

/** `realtime=2,chat=3` over the defaults; throws a message for people. */
export function parseInstances(text: string): Instances {
  const given: Record<string, number> = {};
  for (const item of text.split(',').filter(Boolean)) {
    const [, name, count] = /^([a-z]+)=(\d+)$/.exec(item.trim()) ?? [];
    const service = allServices.find((each) => each.name === name);
    if (!name || !service) {
      throw new Error(`--instances ${item}: must be like chat=3 with one of ${serviceNames.join(', ')}`);
    }
    if (Number(count) < 1 || Number(count) > 16) throw new Error(`--instances ${item}: from 1 to 16`);
    if (Number(count) > 1 && service.single) throw new Error(`--instances ${item}: there can be only one ${name}`);
    given[name] = Number(count);
  }
  return { ...defaultInstances, ...given };
}

/** Names and ports; `nextPort` gives a free one at each call. The same ports are kept over restarts. */
export async function planCluster(instances: Instances, nextPort: () => Promise<number>): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const [target, count] of Object.entries(instances)) {
    const { ports = [] } = allServices.find(({ name }) => name === target) ?? {};
    for (let i = 1; i <= count; i++) {
      planned.push({
        name: count === 1 ? target : `${target}-${i}`,
        target,
        httpPort: ports.includes('http') ? await nextPort() : null,
        grpcPort: ports.includes('grpc') ? await nextPort() : null,
        rpcPort: await nextPort(),
        adminPort: await nextPort(),
      });
    }
  }
  return planned;
}
