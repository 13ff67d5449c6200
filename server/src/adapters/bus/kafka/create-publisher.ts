import type { Producer } from '@platformatic/kafka';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { BrokerHealth } from '../broker-health.ts';
import { cutBySize } from '../cut-between-transactions.ts';
import { clientOptions, hasCode, loadDriver } from './load-driver.ts';
import type { KafkaAddress } from './parse-kafka-url.ts';

export interface Message {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Two neighbours with different marks may be cut apart; of one transaction as few as possible are. */
  readonly mark: string;
}

export interface PublisherDeps {
  readonly address: KafkaAddress;
  readonly clientId: string;
  /** How long a broker that is away is waited for, milliseconds. */
  readonly patienceMs: number;
  readonly log: Log;
  readonly health: BrokerHealth;
  /** Called before anything goes to these topics. */
  prepare(topics: readonly string[]): Promise<void>;
}

export interface Publisher {
  /** In the order of the calls. Rejects with `service.unavailable`, and with it everything that was called after it. */
  publish(messages: readonly Message[]): Promise<void>;
  close(): Promise<void>;
}

/** What goes in one request, unless a single record is larger. */
const maxBatchBytes = 1 << 20;
const retryMs = 250;

interface Waiting {
  readonly messages: readonly Message[];
  readonly bytes: number;
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * One request at a time, since the order of two in flight is nobody's promise; what is published meanwhile goes together in the
 * next. The driver repeats a request under the same sequence numbers, so the broker stores it once (rule 24).
 */
export function createPublisher(deps: PublisherDeps): Publisher {
  const line: Waiting[] = [];
  let producer: Producer | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    while (line.length > 0) {
      const calls = takeCalls(line);
      try {
        for (const part of cut(calls.flatMap((call) => call.messages))) await send(part);
        deps.health.answered();
        for (const call of calls) call.resolve();
      } catch (thrown) {
        if (!hasCode(thrown, 'MESSAGE_TOO_LARGE')) deps.health.failed();
        refuse([...calls, ...line.splice(0)], thrown);
        await discard();
      }
    }
    sending = undefined;
  }

  async function send(messages: readonly Message[]): Promise<void> {
    const { Producer, compatibilityPartitioner } = await loadDriver();
    await deps.prepare([...new Set(messages.map(({ topic }) => topic))]);
    producer ??= new Producer({
      ...clientOptions(deps.address, deps.clientId),
      idempotent: true,
      acks: -1,
      // As Java's clients and Debezium choose it, so that a key has one partition whoever writes.
      partitioner: compatibilityPartitioner,
      retries: Math.ceil(deps.patienceMs / retryMs),
      retryDelay: retryMs,
    });
    await producer.send({
      messages: messages.map(({ topic, key, value, headers = {} }) => ({
        topic,
        key,
        value,
        headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      })),
    });
  }

  /** Were a later call let through, the records of this one would come after it when they are published again. */
  function refuse(calls: readonly Waiting[], thrown: unknown): void {
    if (calls.length === 0) return;
    deps.log.warn({ err: thrown, calls: calls.length }, 'Kafka did not take what was published');
    const tooLarge = hasCode(thrown, 'MESSAGE_TOO_LARGE');
    const code = tooLarge ? 'request.too_large' : 'service.unavailable';
    const detail = tooLarge ? 'A record is larger than the topic takes.' : 'The message broker did not answer in time.';
    for (const call of calls) call.reject(fail(code, { detail, cause: thrown }));
  }

  /** Whether the broker has the failed request is unknown. Under the same numbers another one could be taken for it, and lost. */
  async function discard(): Promise<void> {
    const failed = producer;
    producer = undefined;
    await failed?.close().catch(() => {});
  }

  return {
    publish(messages) {
      if (closed) return Promise.reject(fail('service.unavailable', 'The bus is closed.'));
      if (messages.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        line.push({ messages, bytes: messages.reduce((sum, message) => sum + weigh(message), 0), resolve, reject });
        sending ??= drain();
      });
    },
    async close() {
      closed = true;
      refuse(line.splice(0), fail('service.unavailable', 'The bus is closed.'));
      await sending;
      await discard();
    },
  };
}

const weigh = ({ key, value }: Message) => key.length + value.length + 100;

/** As many calls as fit into a request, at least one. */
function takeCalls(line: Waiting[]): Waiting[] {
  let count = 1;
  let bytes = line[0]!.bytes;
  while (count < line.length && bytes + line[count]!.bytes <= maxBatchBytes) bytes += line[count++]!.bytes;
  return line.splice(0, count);
}

/** Requests of at most `limit` bytes where a record alone is not larger, cut between two marks where one fits. */
export function cut(messages: readonly Message[], limit = maxBatchBytes): Iterable<readonly Message[]> {
  return cutBySize(messages, limit, { transaction: ({ mark }) => mark, size: weigh, split: true });
}
