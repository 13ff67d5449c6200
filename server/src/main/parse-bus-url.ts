import { parseKafkaUrl } from '../adapters/bus/kafka/parse-kafka-url.ts';

/** What `--bus` names. */
export type BusAddress =
  | { readonly kind: 'memory' }
  /** `prefix` stands before every name at the broker; empty, or ends with a dot. */
  | { readonly kind: 'kafka' | 'rabbitmq'; readonly url: string; readonly prefix: string };

const help =
  'must be: memory, kafka://host:9092[,host:9092…][/prefix] or amqp://user:password@host[:5672][/vhost][?prefix=…]';

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
  const unknown = [...url.searchParams.keys()].filter((name) => name !== 'prefix');
  if (!url.hostname || url.hash || unknown.length > 0) throw new Error(help);
  const prefix = parsePrefix(url.searchParams.get('prefix') ?? '');
  url.search = '';
  return { kind: 'rabbitmq', url: url.href, prefix };
}

/** What both brokers take in the names of topics, queues and groups. */
export function parsePrefix(prefix: string): string {
  if (!/^[A-Za-z0-9_-]{0,40}$/.test(prefix)) throw new Error('the prefix may hold 40 letters, digits, _ and - at most');
  return prefix === '' ? '' : `${prefix}.`;
}
