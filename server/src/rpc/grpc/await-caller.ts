import type { Clock } from '../../kernel/clock.ts';
import type { Context } from '../../kernel/context.ts';
import { type Failure, fail } from '../../kernel/errors.ts';

/** Milliseconds until the caller's deadline, as far as a timer reaches. Throws `service.timeout` when nobody waits any more. */
export function timeLeft(ctx: Context, clock: Clock): number {
  const left = ctx.deadline - clock.monotonic();
  if (left <= 0) throw fail('service.timeout');
  if (ctx.signal?.aborted) throw callerGone();
  return Math.min(left, 2 ** 31 - 1);
}

export function callerGone(): Failure {
  return fail('service.timeout', 'The caller has gone.');
}

/**
 * Calls `onCut` once when the caller's time is up or it has gone, unless what is returned was called before; it must be.
 * @param left milliseconds, of `timeLeft`
 */
export function watchCaller(ctx: Context, left: number, onCut: (failure: Failure) => void): () => void {
  const release = (): void => {
    clearTimeout(timer);
    ctx.signal?.removeEventListener('abort', onAbort);
  };
  const cut = (failure: Failure): void => {
    release();
    onCut(failure);
  };
  const onAbort = (): void => cut(callerGone());
  const timer = setTimeout(() => cut(fail('service.timeout')), left);
  ctx.signal?.addEventListener('abort', onAbort);
  return release;
}
