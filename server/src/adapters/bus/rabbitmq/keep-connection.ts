import { type Channel, Connection } from 'rabbitmq-client';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { BrokerHealth } from '../broker-health.ts';

export interface ConnectionOptions {
  readonly url: string;
  /** What the broker and the log call it. */
  readonly purpose: string;
  readonly log: Log;
  /** How long a channel may take to come, while the broker is away. */
  readonly connectTimeoutMs: number;
  /** How long the broker may take to answer anything else. */
  readonly replyTimeoutMs: number;
  readonly health: BrokerHealth;
}

/** A connection that comes back by itself, and that can be thrown away when the broker has stopped to answer on it. */
export interface KeptConnection {
  acquire(): Promise<Channel>;
  /**
   * The outcome of `work`, which talks to the broker. When that takes too long the connection with all its channels is
   * replaced and this rejects: a broker that was killed can come back with a queue that never answers what reached it in its
   * first moments, and an unanswered request would block its channel for ever.
   */
  inTime<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function keepConnection({
  url,
  purpose,
  log,
  connectTimeoutMs,
  replyTimeoutMs,
  health,
}: ConnectionOptions): KeptConnection {
  let current = connect();
  let closed = false;

  function connect(): Connection {
    const connection = new Connection({
      url,
      connectionName: `parley ${purpose}`,
      acquireTimeout: connectTimeoutMs,
      retryLow: 100,
      retryHigh: 1_000,
      frameMax: 131_072,
      noDelay: true,
    });
    connection.on('connection', health.answered);
    connection.on('error', (err) => {
      health.failed();
      log.warn({ purpose, err }, 'the connection to RabbitMQ was lost; it keeps trying');
    });
    connection.on('connection.blocked', (reason) => log.warn({ purpose, reason }, 'RabbitMQ takes nothing for now'));
    return connection;
  }

  function replace(connection: Connection): void {
    if (closed || connection !== current) return;
    health.failed();
    log.warn({ purpose, replyTimeoutMs }, 'RabbitMQ does not answer; connecting anew');
    current = connect();
    connection.unsafeDestroy();
  }

  return {
    acquire: () => current.acquire({ emitErrorsFromChannel: true }),
    inTime(work) {
      const connection = current;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(fail('service.unavailable', 'RabbitMQ did not answer in time.'));
          replace(connection);
        }, replyTimeoutMs);
        work.then(resolve, reject).finally(() => clearTimeout(timer));
      });
    },
    async close() {
      closed = true;
      await current.close();
    },
  };
}
