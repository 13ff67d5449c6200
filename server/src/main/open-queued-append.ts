import type { Clock } from '../kernel/clock.ts';
import type { Unit } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Bus } from '../ports/bus.ts';
import type { ChatApi } from '../services/chat/api.ts';
import { createQueuedAppend } from '../services/chat/ingest/create-queued-append.ts';
import { openBus } from './open-bus.ts';
import type { Options } from './options.ts';

export interface QueuedAppendDeps {
  /** The bus of the process: the first producer, and where the answers come. */
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** `--ingest queue` in a process that calls chat: `append` takes the place of the api's own, once the unit runs. */
export async function openQueuedAppend(
  options: Pick<Options, 'bus' | 'bus-partitions' | 'ingest-producers'>,
  deps: QueuedAppendDeps,
): Promise<{ readonly append: ChatApi['append']; readonly unit: Unit }> {
  if (!deps.bus.guarantees.durable) {
    throw new Error('--ingest queue needs a queue that outlives the process: give --bus a broker');
  }
  const more = await Promise.all(
    Array.from({ length: options['ingest-producers'] - 1 }, () =>
      openBus(options.bus, { log: deps.log, metrics: deps.metrics, partitions: options['bus-partitions'] }),
    ),
  );
  const own = more.map(({ bus }) => bus);
  const { append, unit } = createQueuedAppend({ ...deps, producers: [deps.bus, ...own] });
  return {
    append,
    unit: {
      ...unit,
      async stop() {
        await unit.stop?.();
        await Promise.all(own.map((bus) => bus.close()));
      },
    },
  };
}
