import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import type { RpcMethod } from '../rpc-service.ts';
import { isLost } from './create-breaker.ts';

/** Whether the call may be made again: it was lost on its way, and doing it twice does no harm or it was certainly not begun. */
export function mayRepeat(method: RpcMethod, thrown: unknown): boolean {
  return isLost(thrown) && (method.idempotent || !thrown.reached);
}

const firstMs = 20;
const maxMs = 500;

/**
 * How long to wait before the next attempt, in milliseconds, after so many; jittered, so that the callers of an instance that
 * has gone do not all come to the next one at once. null: there is no time left.
 */
export function backOffMs(ctx: Context, clock: Clock, failures: number): number | null {
  const ms = Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  return clock.monotonic() + ms < ctx.deadline && !ctx.signal?.aborted ? ms : null;
}
