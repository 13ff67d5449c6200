import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { BrokerTopology } from '../broker-topology.ts';
import { keepTopics, type Topics } from './keep-topics.ts';
import { parseKafkaUrl } from './parse-kafka-url.ts';

const clientId = 'parley-migrate';

/** For `parley migrate`; idempotent. Returns what was created. */
export function createTopics(wanted: BrokerTopology, retentionMs: number, log: Log): Promise<readonly string[]> {
  return withTopics(wanted, retentionMs, log, async (topics) => [
    ...(await topics.ensure(mainTopics(wanted))),
    ...(await topics.ensure(deadTopics(wanted), 1)),
  ]);
}

/** Dead letters are not asked for: a group that is new makes its own. */
export function findMissingTopics(wanted: BrokerTopology, log: Log): Promise<readonly string[]> {
  return withTopics(wanted, 0, log, (topics) => topics.missing(mainTopics(wanted)));
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

const mainTopics = ({ prefix, topics }: BrokerTopology) => topics.map((topic) => prefix + topic);

const deadTopics = ({ prefix, groups }: BrokerTopology) =>
  groups.flatMap(({ group, topics }) => topics.map((topic) => deadTopic(prefix + topic, group)));

/** @param topic as the broker knows it */
export const deadTopic = (topic: string, group: string) => `${topic}.${group}.dead`;
