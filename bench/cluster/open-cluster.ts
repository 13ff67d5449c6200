import { randomBytes } from 'node:crypto';
import { type Cluster, type Engines, findEngines, startSplit } from '@parley/tests/harness';
import { measureTrip } from '../floors/broker-trip.ts';
import { openKafkaTrip } from '../floors/kafka-trip.ts';
import { openRabbitmqTrip } from '../floors/rabbitmq-trip.ts';
import { type Address, benchFlags } from '../load/people.ts';
import { removeFromBroker } from './remove-from-broker.ts';

export type BrokerName = 'kafka' | 'rabbitmq';

/** `parley cluster` while it is measured. */
export interface BenchCluster {
  readonly cluster: Cluster;
  /** Where the realtime processes themselves listen, past nginx. */
  readonly realtimes: readonly Address[];
  /** Process ids of a target's instances. */
  pidsOf(target: string): readonly number[];
}

/** Engines by the variables that scripts/bench.mjs sets; throws where there are none. */
const enginesOn = (broker: BrokerName): Engines => findEngines({ ...process.env, PARLEY_TEST_BUS: broker });

/** Runs one over the broker for as long as `work` takes; nothing of it stays in the engines. */
export async function withCluster<T>(
  broker: BrokerName,
  realtimes: number,
  work: (running: BenchCluster) => Promise<T>,
): Promise<T> {
  const engines = enginesOn(broker);
  const cluster = await startSplit(engines, { flags: { ...benchFlags, instances: `realtime=${realtimes}` } });
  const of = (target: string) => cluster.processes().filter(({ planned }) => planned?.target === target);
  try {
    return await work({
      cluster,
      realtimes: of('realtime').map(({ planned }) => ({ url: `http://127.0.0.1:${planned?.httpPort}` })),
      pidsOf: (target) => of(target).map(({ pid }) => pid as number),
    });
  } finally {
    await cluster.stop();
    await removeFromBroker(engines.bus, cluster.created);
  }
}

/** Milliseconds through the broker and back, with nothing of ours between. */
export async function measureBrokerFloor(broker: BrokerName, perSecond: number) {
  const { bus } = enginesOn(broker);
  const name = `bench-floor-${randomBytes(6).toString('hex')}`;
  const open = broker === 'kafka' ? openKafkaTrip : openRabbitmqTrip;
  try {
    return await measureTrip(perSecond, (onBody) => open(bus, name, onBody));
  } finally {
    if (broker === 'kafka') await removeFromBroker(bus, [name]);
  }
}
