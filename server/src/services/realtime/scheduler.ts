import { setTimeout as pause } from 'node:timers/promises';

/** When things happen: handed in, so that tests turn the event loop and the clock themselves. */
export interface Scheduler {
  /** Once, in the next turn of the event loop. */
  soon(task: () => void): void;
  /** Until the returned function is called. */
  every(ms: number, task: () => void): () => void;
  delay(ms: number): Promise<void>;
}

export const systemScheduler: Scheduler = {
  soon: (task) => void setImmediate(task),
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  delay: (ms) => pause(ms),
};
