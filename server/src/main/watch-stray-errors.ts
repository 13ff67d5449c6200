import { createDeferred } from '../kernel/deferred.ts';
import type { Log } from '../kernel/log.ts';

/**
 * Rejects with the first error that nobody in this process waited for. Without it Node.js ends the process at once: no line in
 * the log, and clients whose connections break off. Whoever waits for it stops the program in order; later ones are only logged.
 */
export function watchStrayErrors(log: Log): Promise<never> {
  const { promise, reject } = createDeferred<never>();
  const onStray = (error: unknown): void => {
    log.error({ err: error }, 'an error reached nobody; this is a bug, and the process stops');
    reject(error);
  };
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  return promise;
}
