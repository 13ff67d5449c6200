import { serviceTargets } from '../targets.ts';

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

/** Two of what people wait for; the relay holds the replication slots, so there is one. */
export const defaultInstances: Instances = {
  discovery: 1,
  identity: 1,
  people: 1,
  chat: 2,
  relay: 1,
  router: 1,
  realtime: 2,
  gateway: 2,
};

/** `realtime=2,chat=3` over the defaults; throws a message for people. */
export function parseInstances(text: string): Instances {
  const given: Record<string, number> = {};
  for (const item of text.split(',').filter(Boolean)) {
    const [, name, count] = /^([a-z]+)=(\d+)$/.exec(item.trim()) ?? [];
    if (!name || !serviceTargets.includes(name)) {
      throw new Error(`--instances ${item}: must be like chat=3 with one of ${serviceTargets.join(', ')}`);
    }
    if (Number(count) < 1 || Number(count) > 16) throw new Error(`--instances ${item}: from 1 to 16`);
    if (Number(count) > 1 && (name === 'relay' || name === 'discovery')) {
      throw new Error(`--instances ${item}: there can be only one ${name}`);
    }
    given[name] = Number(count);
  }
  return { ...defaultInstances, ...given };
}

/** Names and ports; `nextPort` gives a free one at each call. The same ports are kept over restarts. */
export async function planCluster(instances: Instances, nextPort: () => Promise<number>): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (const [target, count] of Object.entries(instances)) {
    for (let i = 1; i <= count; i++) {
      planned.push({
        name: count === 1 ? target : `${target}-${i}`,
        target,
        httpPort: target === 'gateway' || target === 'realtime' ? await nextPort() : null,
        grpcPort: target === 'gateway' ? await nextPort() : null,
        rpcPort: await nextPort(),
        adminPort: await nextPort(),
      });
    }
  }
  return planned;
}
