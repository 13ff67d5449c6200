import { fail } from '../../../kernel/errors.ts';

export interface KafkaAddress {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly tls: boolean;
}

const help = 'it reads kafka://host:9092[,host:9092…], or kafkas:// for TLS.';

/** `kafka://host[:port][,host[:port]…]`; port 9092 unless given. */
export function parseKafkaUrl(url: string): KafkaAddress {
  const match = /^(kafkas?):\/\/([^/?#]+)\/?$/.exec(url);
  if (!match) throw fail('request.invalid', `The Kafka URL is not valid: ${help}`);
  const [, scheme, hosts] = match as unknown as [string, string, string];
  if (hosts.includes('@')) throw fail('request.invalid', `The Kafka URL may not hold a name or password: ${help}`);
  const brokers = hosts.split(',').map((host) => {
    const found = /^([a-zA-Z0-9._-]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?$/.exec(host);
    const port = Number(found?.[2] ?? 9092);
    if (!found || port < 1 || port > 65_535)
      throw fail('request.invalid', `The Kafka URL names something that is no broker: ${help}`);
    return `${found[1]}:${port}`;
  });
  return { brokers, tls: scheme === 'kafkas' };
}
