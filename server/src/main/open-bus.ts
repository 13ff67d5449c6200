import { createMemoryBus } from '../adapters/bus/memory/create-memory-bus.ts';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Bus } from '../ports/bus.ts';
import { busGroups, busTopics } from './bus-topology.ts';
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
}

/** The bus that `--bus` names. Refuses a broker on which `parley migrate` has not created everything. */
export async function openBus(option: string, deps: OpenBusDeps): Promise<OpenedBus> {
  const address = parseBusUrl(option);
  let onFailed: (reason: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    onFailed = reject;
  });
  failed.catch(() => {});
  if (address.kind === 'memory') return { bus: createMemoryBus(deps), failed };
  const missing = await findMissing(address, deps);
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new Error(`the broker lacks ${missing[0]}${more}: run \`parley migrate\` with the same options first`);
  }
  const { url, prefix } = address;
  const shared = { url, prefix, partitions: deps.partitions, log: deps.log, metrics: deps.metrics };
  if (address.kind === 'rabbitmq') {
    const { createRabbitmqBus } = await import('../adapters/bus/rabbitmq/create-rabbitmq-bus.ts');
    return { bus: createRabbitmqBus({ ...shared, groups: busGroups }), failed };
  }
  const { createKafkaBus } = await import('../adapters/bus/kafka/create-kafka-bus.ts');
  const bus = createKafkaBus({
    ...shared,
    ...(deps.instance !== undefined && { instance: deps.instance }),
    onFenced: () => onFailed(new Error(`another process runs under the instance name ${deps.instance}`)),
  });
  return { bus, failed };
}

type BrokerAddress = Exclude<BusAddress, { kind: 'memory' }>;

async function findMissing(
  { kind, url, prefix }: BrokerAddress,
  { partitions, log }: OpenBusDeps,
): Promise<readonly string[]> {
  const wanted = { url, prefix, partitions, topics: busTopics, groups: busGroups };
  if (kind === 'kafka') {
    const { findMissingTopics } = await import('../adapters/bus/kafka/create-topics.ts');
    return findMissingTopics(wanted, log);
  }
  const { findMissingQueues } = await import('../adapters/bus/rabbitmq/create-queues.ts');
  return findMissingQueues(wanted);
}

/**
 * Creates at the broker what `openBus` asks for; what exists is left as it is.
 *
 * @returns what was created, for people; empty for memory
 */
export async function migrateBus(
  option: string,
  {
    partitions,
    retentionHours,
    log,
  }: { readonly partitions: number; readonly retentionHours: number; readonly log: Log },
): Promise<readonly string[]> {
  const address = parseBusUrl(option);
  if (address.kind === 'memory') return [];
  const { url, prefix } = address;
  const wanted = { url, prefix, partitions, topics: busTopics, groups: busGroups };
  if (address.kind === 'kafka') {
    const { createTopics } = await import('../adapters/bus/kafka/create-topics.ts');
    return createTopics(wanted, retentionHours * 3_600_000, log);
  }
  const { createQueues } = await import('../adapters/bus/rabbitmq/create-queues.ts');
  return createQueues(wanted);
}
