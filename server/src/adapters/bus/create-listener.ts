import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../kernel/log.ts';
import type { BusRecord, ListenOptions } from '../../ports/bus.ts';

export interface ListenerDeps extends ListenOptions {
  readonly topics: readonly string[];
  readonly log: Log;
  readonly handler: (records: readonly BusRecord[]) => void | Promise<void>;
  /** Pause after `onGap` has failed; doubles up to `retryMaxMs`. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
}

/** What `listen` promises of its handler, whatever brings the records. */
export interface Listener {
  /** Never rejects: a handler that fails has missed something. */
  deliver(records: readonly BusRecord[]): Promise<void>;
  /** Records may have been missed. */
  gap(reason: string, err?: unknown): void;
  /** Nothing is handed over any more; resolves when the handler has finished. */
  close(): Promise<void>;
}

export function createListener(deps: ListenerDeps): Listener {
  const { topics, log, handler, onGap, keys, retryFirstMs, retryMaxMs } = deps;
  const stopped = new AbortController();
  const { signal } = stopped;
  const wanted = keys && new Set(keys);
  let handling: Promise<void> = Promise.resolve();
  // A gap that is found while one is being closed needs another round: what was read may be older.
  let gaps = 0;
  let closing: Promise<void> | null = null;

  async function handle(records: readonly BusRecord[]): Promise<void> {
    try {
      await handler(records);
    } catch (thrown) {
      gap('its handler failed', thrown);
    }
  }

  function gap(reason: string, err?: unknown): void {
    if (signal.aborted) return;
    log.warn({ topics, reason, ...(err !== undefined && { err }) }, 'a listener may have missed records');
    gaps++;
    closing ??= closeGaps();
  }

  async function closeGaps(): Promise<void> {
    for (let failures = 0; gaps > 0 && !signal.aborted; ) {
      const found = gaps;
      try {
        await onGap();
        gaps -= found;
        failures = 0;
      } catch (err) {
        const pauseMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures++, 20));
        log.warn({ topics, pauseMs, err }, 'a listener could not make up for what it missed; it tries again');
        await sleep(pauseMs, null, { signal }).catch(() => {});
      }
    }
    closing = null;
  }

  return {
    async deliver(records) {
      const mine = wanted ? records.filter(({ key }) => wanted.has(key)) : records;
      if (signal.aborted || mine.length === 0) return;
      handling = handle(mine);
      await handling;
    },
    gap,
    async close() {
      stopped.abort();
      await handling;
      await closing;
    },
  };
}
