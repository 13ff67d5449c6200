import type { Log } from './log.ts';

/**
 * For a listener that is told inside somebody else's work: what it throws is logged and reaches nobody, neither who tells it
 * nor those whose results are told beside its own.
 */
export function guardListener<Args extends unknown[]>(
  listener: ((...args: Args) => void) | undefined,
  log: Log,
): (...args: Args) => void {
  return (...args) => {
    try {
      listener?.(...args);
    } catch (err) {
      log.error({ err }, 'a listener of results failed');
    }
  };
}
