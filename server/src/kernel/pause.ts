/**
 * Resolves after so many milliseconds, or when `signal` aborts. For code whose tests turn the clock: they replace the global
 * timers, and not those of node:timers/promises, which everything else uses.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });
}
