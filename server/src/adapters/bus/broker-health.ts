import { performance } from 'node:perf_hooks';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Bus } from '../../ports/bus.ts';

/** A bus that knows whether its broker answers. */
export interface BrokerBus extends Bus {
  health(): Health;
}

/** What was learnt of a broker by what was asked of it anyway. */
export interface BrokerHealth {
  answered(): void;
  failed(): void;
  health(): Health;
}

/** A question that fails once, while a partition changes its leader, is no outage. */
const patienceMs = 3_000;

/** @param broker as people call it */
export function createBrokerHealth(broker: string, now: () => number = () => performance.now()): BrokerHealth {
  let failingSince: number | null = null;
  return {
    answered() {
      failingSince = null;
    },
    failed() {
      failingSince ??= now();
    },
    health: () =>
      failingSince !== null && now() - failingSince >= patienceMs
        ? { status: 'down', detail: `${broker} does not answer` }
        : { status: 'ok' },
  };
}
