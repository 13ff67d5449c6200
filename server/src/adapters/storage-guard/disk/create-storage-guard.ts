import type { Unit } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import type { Metrics } from '../../../kernel/metrics.ts';
import type { StorageGuard } from '../../../ports/storage-guard.ts';

/** One thing that can run out. */
export interface Gauge {
  readonly name: string;
  /** `between` keeps what was said before. */
  read(): Promise<{ readonly state: 'full' | 'roomy' | 'between'; readonly detail: string }>;
}

export interface StorageGuardDeps {
  readonly gauges: readonly Gauge[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** Between two readings, in milliseconds; 2,000. */
  readonly intervalMs?: number;
}

/**
 * Full as long as any gauge is. A gauge that cannot be read keeps its last word: a database that is away refuses sends by itself.
 * `read` takes one reading of all at once; the unit does so at its start and then by timer.
 */
export function createStorageGuard(deps: StorageGuardDeps): { guard: StorageGuard; unit: Unit; read(): Promise<void> } {
  const full = new Set<string>();
  const gauge = deps.metrics.gauge('parley_storage_full', '1 while sends are refused because storage runs out');
  let timer: NodeJS.Timeout | undefined;
  let reading = false;

  async function readOne({ name, read }: Gauge): Promise<void> {
    try {
      const { state, detail } = await read();
      if (state === 'full' && !full.has(name)) {
        full.add(name);
        deps.log.error({ gauge: name }, `storage is full, sends are refused: ${detail}`);
      } else if (state === 'roomy' && full.delete(name)) {
        deps.log.info({ gauge: name }, `storage has room again: ${detail}`);
      }
    } catch (error) {
      deps.log.warn({ gauge: name, err: error }, 'the room left in storage cannot be read');
    }
  }

  async function read(): Promise<void> {
    if (reading) return;
    reading = true;
    await Promise.all(deps.gauges.map(readOne));
    gauge.set(full.size > 0 ? 1 : 0);
    reading = false;
  }

  return {
    guard: { full: () => full.size > 0 },
    read,
    unit: {
      async start() {
        await read();
        timer = setInterval(read, deps.intervalMs ?? 2000).unref();
      },
      async stop() {
        clearInterval(timer);
      },
      health: () =>
        full.size > 0 ? { status: 'degraded', detail: `Full: ${[...full].join(', ')}.` } : { status: 'ok' },
    },
  };
}
