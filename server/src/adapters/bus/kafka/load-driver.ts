import { createRequire } from 'node:module';
import type * as Kafka from '@platformatic/kafka';
import type { KafkaAddress } from './parse-kafka-url.ts';

export type Driver = typeof Kafka;

/** Loaded when it is first needed: one machine has no use for its 25 MB. */
export function loadDriver(): Promise<Driver> {
  driver ??= importDriver();
  return driver;
}

let driver: Promise<Driver> | undefined;

/**
 * The driver compiles the JSON schemas of all its options as it is imported: most of half a second of CPU, in every process
 * that starts, for checks of which few are ever made. Here each is compiled when it is first used.
 */
async function importDriver(): Promise<Driver> {
  const require = createRequire(import.meta.url);
  const { Ajv2020 } = createRequire(require.resolve('@platformatic/kafka'))('ajv/dist/2020.js');
  const compile = Ajv2020.prototype.compile;
  Ajv2020.prototype.compile = function compileLater(...args: unknown[]) {
    let compiled: ((data: unknown) => boolean) & { errors?: unknown };
    const validate = (data: unknown): boolean => {
      compiled ??= compile.apply(this, args);
      return compiled(data);
    };
    return Object.defineProperty(validate, 'errors', { get: () => compiled?.errors });
  };
  try {
    return await import('@platformatic/kafka');
  } finally {
    delete Ajv2020.prototype.compile; // it was inherited
  }
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
