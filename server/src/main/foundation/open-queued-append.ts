import type { Clock } from '../../kernel/clock.ts';
import { fail } from '../../kernel/errors.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Bus } from '../../ports/bus.ts';
import type { SendMessages } from '../../services/chat/api.ts';
import { createQueuedAppend } from '../../services/chat/ingest/create-queued-append.ts';
import type { Options } from '../options.ts';
import { openBus } from './open-bus.ts';

export interface QueuedAppendDeps {
  /** The bus of the process: the first producer, and where the answers come. */
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/**
 * `--ingest queue` in a process that calls chat: `append` takes the place of the api's own, once the unit runs. Each producer
 * beyond the first has a connection to the broker of its own.
 */
export function openQueuedAppend(
  options: Pick<Options, 'bus' | 'bus-partitions' | 'ingest-producers'>,
  deps: QueuedAppendDeps,
): { readonly append: SendMessages['append']; readonly unit: Unit } {
  if (!deps.bus.guarantees.durable) {
    throw new Error('--ingest queue needs a queue that outlives the process: give --bus a broker');
  }
  const { log, metrics } = deps;
  let own: readonly Bus[] = [];
  let queued: ReturnType<typeof createQueuedAppend> | null = null;
  return {
    async append(...call) {
      if (!queued) throw fail('service.unavailable');
      return queued.append(...call);
    },
    unit: {
      async start() {
        const open = () => openBus(options.bus, { log, metrics, partitions: options['bus-partitions'] });
        own = (await Promise.all(Array.from({ length: options['ingest-producers'] - 1 }, open))).map(({ bus }) => bus);
        queued = createQueuedAppend({ ...deps, producers: [deps.bus, ...own] });
        await queued.unit.start?.();
      },
      async stop() {
        await queued?.unit.stop?.();
        await Promise.all(own.map((bus) => bus.close()));
      },
    },
  };
}
