import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, Envelope, ReturnedMessage } from 'rabbitmq-client';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import type { KeptConnection } from './keep-connection.ts';
import { declareExchange } from './topology.ts';

/** Sends single messages and says whether the broker has them. */
export interface Sender {
  /**
   * Resolves when every queue bound has the message. While a queue is full (policy `reject-publish`) it tries again: that is
   * the back-pressure. Rejects with `service.unavailable` when the broker is away, and when no queue took the message though
   * one had to (`mandatory`).
   */
  send(envelope: Envelope, body: Buffer): Promise<void>;
  close(): Promise<void>;
}

/**
 * A confirming channel that is opened anew after it was lost; `prepare` declares on it what must exist before anything is
 * published (rule 24).
 */
export function openSender(connection: KeptConnection, prepare: (channel: Channel) => Promise<void>, log: Log): Sender {
  let opening: Promise<Channel> | null = null;
  let closed = false;
  const returned = new Set<string>();
  // Exchanges known to exist, per channel: one to which nobody listens is declared by nobody else.
  const exchanges = new WeakMap<Channel, Set<string>>();
  // Ends every send that is under way on a channel that is lost: the driver forgets one that it was just writing.
  const losses = new Set<(reason: Error) => void>();
  const stopped = new AbortController();

  function channel(): Promise<Channel> {
    opening ??= open().catch((cause) => {
      opening = null;
      throw cause;
    });
    return opening;
  }

  async function open(): Promise<Channel> {
    const fresh = await connection.acquire();
    fresh.on('error', (err) => log.warn({ err }, 'RabbitMQ closed the channel of the publisher'));
    fresh.on('basic.return', (message: ReturnedMessage) => returned.add(message.messageId ?? ''));
    fresh.on('close', () => {
      opening = null;
      for (const lose of [...losses]) lose(fail('service.unavailable', 'The connection to RabbitMQ was lost.'));
    });
    try {
      await connection.inTime(prepare(fresh).then(() => fresh.confirmSelect()));
    } catch (thrown) {
      void fresh.close();
      throw thrown;
    }
    return fresh;
  }

  async function ensureExchange(current: Channel, exchange: string): Promise<void> {
    const known = exchanges.get(current);
    if (known?.has(exchange)) return;
    await declareExchange(current, exchange);
    exchanges.set(current, new Set(known).add(exchange));
  }

  async function sendOnce(envelope: Envelope, body: Buffer): Promise<void> {
    const messageId = randomUUID();
    const current = await channel();
    if (envelope.exchange) await connection.inTime(ensureExchange(current, envelope.exchange));
    const confirmed = new Promise<void>((resolve, reject) => {
      losses.add(reject);
      current
        .basicPublish({ ...envelope, messageId }, body)
        .then(resolve, reject)
        .finally(() => losses.delete(reject));
    });
    await connection.inTime(confirmed);
    // The return comes before the confirmation, but the driver tells of it one turn later.
    await new Promise(setImmediate);
    if (!returned.delete(messageId)) return;
    // Somebody removed the queues: the next channel declares them again.
    await current.close();
    throw new Error(`RabbitMQ has no queue for ${envelope.exchange} ${envelope.routingKey}.`);
  }

  return {
    async send(envelope, body) {
      for (let attempt = 1; ; attempt++) {
        if (closed) throw fail('service.unavailable', 'The bus is closed.');
        try {
          return await sendOnce(envelope, body);
        } catch (cause) {
          if ((cause as { code?: string }).code !== 'NACK' || closed) {
            throw fail('service.unavailable', { detail: 'RabbitMQ did not take the records.', cause });
          }
          if (attempt === 1)
            log.warn({ ...envelope }, 'a queue is full; publishing waits until its group has caught up');
          await pause(Math.min(2_000, 50 * 2 ** attempt), undefined, { signal: stopped.signal }).catch(() => {});
        }
      }
    },
    async close() {
      closed = true;
      stopped.abort();
      const current = await opening?.catch(() => null);
      await current?.close();
    },
  };
}
