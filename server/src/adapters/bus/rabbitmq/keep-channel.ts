import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from 'rabbitmq-client';
import type { Log } from '../../../kernel/log.ts';
import type { KeptConnection } from './keep-connection.ts';

export interface KeptChannelDeps {
  readonly connection: KeptConnection;
  /** What the log calls the consumer. */
  readonly name: string;
  readonly log: Log;
  readonly retryMaxMs: number;
  /** Declares what is read and begins to read it. */
  setUp(channel: Channel): Promise<void>;
  /** What came over the channel and is not acknowledged comes again, or never. Also when it could not be set up. */
  onLost(): void;
  /** It is set up anew after it was lost. */
  onBack?(): void;
}

/** The channel of a consumer, opened again whenever it is lost. */
export interface KeptChannel {
  /** It is not opened again. */
  stop(): void;
  close(): Promise<void>;
}

/** Rejects when it cannot be opened at first. */
export async function keepChannel(deps: KeptChannelDeps): Promise<KeptChannel> {
  const { connection, name, log } = deps;
  const stopped = new AbortController();
  let channel: Channel | null = null;

  async function open(): Promise<void> {
    const fresh = await connection.acquire();
    fresh.on('error', (err) => log.warn({ consumer: name, err }, 'RabbitMQ closed the channel of a consumer'));
    // A queue was removed under us: start over, which declares it again.
    fresh.on('basic.cancel', () => void fresh.close());
    try {
      await connection.inTime(deps.setUp(fresh));
      if (!fresh.active) throw new Error('The channel was lost while it was set up.');
      channel = fresh;
      fresh.once('close', () => void reopen());
    } catch (thrown) {
      deps.onLost();
      void fresh.close();
      throw thrown;
    }
  }

  async function reopen(): Promise<void> {
    channel = null;
    deps.onLost();
    for (let attempt = 1; !stopped.signal.aborted; attempt++) {
      try {
        await open();
        log.info({ consumer: name }, 'the consumer is connected again');
        deps.onBack?.();
        return;
      } catch (err) {
        if (stopped.signal.aborted) return;
        if (attempt === 1) log.warn({ consumer: name, err }, 'the consumer is not connected; it keeps trying');
        await sleep(Math.min(deps.retryMaxMs, 100 * attempt), null, { signal: stopped.signal }).catch(() => {});
      }
    }
  }

  await open();
  return {
    stop: () => stopped.abort(),
    async close() {
      stopped.abort();
      await channel?.close();
    },
  };
}
