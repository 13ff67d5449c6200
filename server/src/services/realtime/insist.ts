import { toFailure } from '../../kernel/errors.ts';
import type { Scheduler } from './scheduler.ts';

const delays = [20, 50, 100, 200, 400, 800, 1_600];

/** Tries again, with growing pauses and for some three seconds in all, what failed for a reason that may pass. */
export async function insist<T>(scheduler: Scheduler, work: () => Promise<T>): Promise<T> {
  for (const pause of delays) {
    try {
      return await work();
    } catch (error) {
      if (!toFailure(error).row.retryable) throw error;
    }
    await scheduler.delay(pause);
  }
  return work();
}
