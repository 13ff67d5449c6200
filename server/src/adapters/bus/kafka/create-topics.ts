import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { BrokerTopology } from '../broker-topology.ts';
import { keepTopics, type Topics } from './keep-topics.ts';
import { parseKafkaUrl } from './parse-kafka-url.ts';

const clientId = 'parley-migrate';

const fleetingMs = 3_600_000;

/** For `parley migrate`; idempotent. Returns what was created. */
export async function createTopics(wanted: BrokerTopology, retentionMs: number, log: Log): Promise<readonly string[]> {
  const { prefix, topics: all, fleeting } = wanted;
  const briefly = Math.min(fleetingMs, retentionMs);
  const lasting = all.filter((topic) => !fleeting.includes(topic));
  const ensure = (names: readonly string[], ms: number, partitions?: number) =>
    withTopics(wanted, ms, log, (topics) => topics.ensure(names, partitions));
  return [
    ...(await ensure(namesOf(prefix, lasting), retentionMs)),
    ...(await ensure(namesOf(prefix, fleeting), briefly)),
    ...(await ensure(deadTopics(wanted), retentionMs, 1)),
  ];
}

/** Dead letters are not asked for: a group that is new makes its own. */
export function findMissingTopics(wanted: BrokerTopology, log: Log): Promise<readonly string[]> {
  return withTopics(wanted, 0, log, (topics) => topics.missing(namesOf(wanted.prefix, wanted.topics)));
}

async function withTopics<T>(
  { url, partitions }: BrokerTopology,
  retentionMs: number,
  log: Log,
  work: (topics: Topics) => Promise<T>,
): Promise<T> {
  const topics = keepTopics(parseKafkaUrl(url), clientId, { partitions, retentionMs }, log);
  try {
    return await work(topics);
  } catch (cause) {
    throw fail('service.unavailable', { detail: `Kafka could not be asked for its topics at ${url}.`, cause });
  } finally {
    await topics.close();
  }
}

const namesOf = (prefix: string, topics: readonly string[]) => topics.map((topic) => prefix + topic);

const deadTopics = ({ prefix, groups }: BrokerTopology) =>
  groups.flatMap(({ group, topics }) => topics.map((topic) => deadTopic(prefix + topic, group)));

/** @param topic as the broker knows it */
export const deadTopic = (topic: string, group: string) => `${topic}.${group}.dead`;
