import { parseKafkaUrl } from '../../adapters/bus/kafka/parse-kafka-url.ts';

/** What `--bus` names. */
export type BusAddress =
  | { readonly kind: 'memory' }
  /** `prefix` stands before every name at the broker; empty, or ends with a dot. */
  | { readonly kind: 'kafka'; readonly url: string; readonly prefix: string }
  /** `management`: where RabbitMQ's HTTP api is, for `parley migrate` to set the policy; null: not told. */
  | { readonly kind: 'rabbitmq'; readonly url: string; readonly prefix: string; readonly management: string | null };

const help =
  'must be: memory, kafka://host:9092[,host:9092…][/prefix] or amqp://user:password@host[:5672][/vhost][?prefix=…&management=http://host:15672]';

/** Throws an Error for people. */
export function parseBusUrl(text: string): BusAddress {
  if (text === 'memory') return { kind: 'memory' };
  if (/^kafkas?:/.test(text)) return parseKafka(text);
  if (/^amqps?:/.test(text)) return parseAmqp(text);
  throw new Error(help);
}

function parseKafka(text: string): BusAddress {
  const match = /^(kafkas?:\/\/[^/?#]*)(?:\/([^/?#]*))?$/.exec(text);
  if (!match) throw new Error(help);
  const url = match[1]!;
  parseKafkaUrl(url);
  return { kind: 'kafka', url, prefix: parsePrefix(match[2] ?? '') };
}

function parseAmqp(text: string): BusAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Error(help);
  }
  const unknown = [...url.searchParams.keys()].filter((name) => name !== 'prefix' && name !== 'management');
  if (!url.hostname || url.hash || unknown.length > 0) throw new Error(help);
  const prefix = parsePrefix(url.searchParams.get('prefix') ?? '');
  const management = url.searchParams.get('management');
  if (management !== null && !/^https?:\/\/[^/?#@]+\/?$/.test(management)) {
    throw new Error('management must be like http://host:15672; name and password are those of the bus');
  }
  url.search = '';
  return { kind: 'rabbitmq', url: url.href, prefix, management };
}

/** What both brokers take in the names of topics, queues and groups. */
export function parsePrefix(prefix: string): string {
  if (!/^[A-Za-z0-9_-]{0,40}$/.test(prefix)) throw new Error('the prefix may hold 40 letters, digits, _ and - at most');
  return prefix === '' ? '' : `${prefix}.`;
}
