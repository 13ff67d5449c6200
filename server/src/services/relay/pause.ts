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
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new Stopped());
        return;
      }
      const stop = () => {
        clearTimeout(timer);
        reject(new Stopped());
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal.addEventListener('abort', stop, { once: true });
    });
}
