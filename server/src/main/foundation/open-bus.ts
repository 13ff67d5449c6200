import { createMemoryBus } from '../../adapters/bus/memory/create-memory-bus.ts';
import { createDeferred } from '../../kernel/deferred.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Bus } from '../../ports/bus.ts';
import { busGroups, busTopics, fleetingTopics } from './bus-topology.ts';
import { type BusAddress, parseBusUrl } from './parse-bus-url.ts';

export interface OpenBusDeps {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Partitions per topic, the same in every process (`--bus-partitions`). */
  readonly partitions: number;
  /** Of this process and no other, the same after a restart; none: a crashed process is replaced after ten seconds. */
  readonly instance?: string | undefined;
}

export interface OpenedBus {
  readonly bus: Bus;
  /** Rejects when the bus is lost for good: another process runs under our instance name. */
  readonly failed: Promise<never>;
  /** Of the broker; null: there is none. */
  health(): Health | null;
}

/** The bus that `--bus` names. Refuses a broker on which `parley migrate` has not created everything. */
export async function openBus(option: string, deps: OpenBusDeps): Promise<OpenedBus> {
  const address = parseBusUrl(option);
  const { promise: failed, reject: onFailed } = createDeferred<never>();
  if (address.kind === 'memory') return { bus: createMemoryBus(deps), failed, health: () => null };
  const missing = await findMissing(address, deps);
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new Error(`the broker lacks ${missing[0]}${more}: run \`parley migrate\` with the same options first`);
  }
  const { url, prefix } = address;
  const shared = { url, prefix, partitions: deps.partitions, log: deps.log, metrics: deps.metrics };
  if (address.kind === 'rabbitmq') {
    const { createRabbitmqBus } = await import('../../adapters/bus/rabbitmq/create-rabbitmq-bus.ts');
    const bus = createRabbitmqBus({ ...shared, groups: busGroups });
    return { bus, failed, health: bus.health };
  }
  const { createKafkaBus } = await import('../../adapters/bus/kafka/create-kafka-bus.ts');
  const bus = createKafkaBus({
    ...shared,
    ...(deps.instance !== undefined && { instance: deps.instance }),
    onFenced: () => onFailed(new Error(`another process runs under the instance name ${deps.instance}`)),
  });
  return { bus, failed, health: bus.health };
}

type BrokerAddress = Exclude<BusAddress, { kind: 'memory' }>;

async function findMissing(
  { kind, url, prefix }: BrokerAddress,
  { partitions, log }: OpenBusDeps,
): Promise<readonly string[]> {
  const wanted = { url, prefix, partitions, topics: busTopics, fleeting: fleetingTopics, groups: busGroups };
  if (kind === 'kafka') {
    const { findMissingTopics } = await import('../../adapters/bus/kafka/create-topics.ts');
    return findMissingTopics(wanted, log);
  }
  const { findMissingQueues } = await import('../../adapters/bus/rabbitmq/create-queues.ts');
  return findMissingQueues(wanted);
}

export interface BusMigration {
  readonly partitions: number;
  readonly retentionHours: number;
  readonly log: Log;
}

/** What was done at the broker, for people. */
export interface MigratedBus {
  readonly created: readonly string[];
  /** What only the broker's operator can do. */
  readonly advice: string | null;
}

/** Creates at the broker what `openBus` asks for; what exists is left as it is. */
export async function migrateBus(
  option: string,
  { partitions, retentionHours, log }: BusMigration,
): Promise<MigratedBus> {
  const address = parseBusUrl(option);
  if (address.kind === 'memory') return { created: [], advice: null };
  const { url, prefix } = address;
  const wanted = { url, prefix, partitions, topics: busTopics, fleeting: fleetingTopics, groups: busGroups };
  if (address.kind === 'kafka') {
    const { createTopics } = await import('../../adapters/bus/kafka/create-topics.ts');
    return { created: await createTopics(wanted, retentionHours * 3_600_000, log), advice: null };
  }
  const { createQueues } = await import('../../adapters/bus/rabbitmq/create-queues.ts');
  const { boundsOf, explainBounds, setBounds } = await import('../../adapters/bus/rabbitmq/set-bounds.ts');
  const { management } = address;
  // Before the queues: none is without its bound.
  const isBounded = management !== null && (await setBounds(url, management, prefix));
  const created = await createQueues(wanted);
  return {
    created: isBounded ? [`policy ${boundsOf(prefix).name}`, ...created] : created,
    advice: management === null ? `bound the queues, if that is not done yet: ${explainBounds(prefix)}` : null,
  };
}
