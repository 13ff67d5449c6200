import { errorTable, Failure, fail } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { WireFailure } from './rpc-service.ts';

/** What of a failure crosses the border; the rest stays here, in the log. `target`: what was called. */
export function stripFailure(failure: Failure, target: string, log: Log): WireFailure {
  if (failure.code === 'internal') log.error({ target, error: failure.cause ?? failure }, 'a call failed unexpectedly');
  return {
    code: failure.code,
    detail: failure.message,
    ...(failure.problems && { problems: failure.problems }),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
  };
}

/** The failure on the caller's side. A code that is not in our table comes from another release: `internal`. */
export function reviveFailure(wire: WireFailure): Failure {
  const { code, ...options } = wire;
  return Object.hasOwn(errorTable, code) ? new Failure(code, options) : fail('internal');
}
