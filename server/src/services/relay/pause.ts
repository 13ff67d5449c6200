import { setTimeout } from 'node:timers/promises';

/** Waits; rejects at once when the relay is stopped. Milliseconds. */
export type Pause = (ms: number) => Promise<void>;

export class Stopped extends Error {
  constructor() {
    super('the relay is stopping');
    this.name = 'Stopped';
  }
}

export function createPause(signal: AbortSignal): Pause {
  return (ms) =>
    setTimeout(ms, undefined, { signal }).catch(() => {
      throw new Stopped();
    });
}
