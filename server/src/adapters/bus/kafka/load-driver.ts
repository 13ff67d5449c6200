import type * as Kafka from '@platformatic/kafka';
import type { KafkaAddress } from './parse-kafka-url.ts';

export type Driver = typeof Kafka;

/** Loaded when it is first needed: it costs a quarter of a second and 25 MB, which one machine has no use for. */
export function loadDriver(): Promise<Driver> {
  return import('@platformatic/kafka');
}

/** What every client of ours is made with. */
export function clientOptions(address: KafkaAddress, clientId: string) {
  return {
    clientId,
    bootstrapBrokers: [...address.brokers],
    ...(address.tls ? { tls: {} } : {}),
    connectTimeout: 3_000,
    retryDelay: 250,
  };
}

/** Whether the broker, anywhere in the chain of causes, answered with this code of the protocol. */
export function hasCode(thrown: unknown, apiId: string): boolean {
  const error = thrown as { findBy?(property: string, value: unknown): unknown } | null;
  return Boolean(error?.findBy?.('apiId', apiId));
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
