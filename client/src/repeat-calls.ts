import { backOff, type Clock } from './clock.ts';
import { ParleyError } from './errors.ts';
import type { Http } from './http.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** A call that has failed for this long is an error. */
  readonly patienceMs: number;
}

/** Long pauses would use it up in a few attempts. */
const longestPauseMs = 3_000;

/**
 * Repeats calls that failed for now and may be repeated: all but POST mean the same however often they arrive. So an edit or a
 * page of history survives the restart of whatever answers it.
 */
export function repeatCalls(http: Http, { clock, random, patienceMs }: RepeatOptions): Http {
  return async (method, path, request) => {
    const end = clock.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await http(method, path, request);
      } catch (error) {
        if (method === 'POST' || !failedForNow(error) || request?.signal?.aborted) throw error;
        const waitMs = error.retryAfterMs ?? backOff(attempt, random, 500, longestPauseMs);
        if (clock.now() + waitMs > end) throw error;
        await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
      }
    }
  };
}

/** A token that was good when the call was made has expired where it was read: the next attempt has a fresh one. */
function failedForNow(error: unknown): error is ParleyError {
  return error instanceof ParleyError && (error.retryable || error.code === 'token.expired');
}
