import { sleep } from './metrics.ts';

/** Calls `send` with 0, 1, 2 … at an even pace, catching up when a timer is late; resolves with how often, after `seconds`. */
export async function pace(perSecond: number, seconds: number, send: (count: number) => void): Promise<number> {
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < seconds * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
    for (; count < due; count++) send(count);
    await sleep(1);
  }
  return count;
}
