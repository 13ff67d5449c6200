/** Time and timers, given from outside so that tests own them. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * How long to wait before attempt `attempt` (0, 1, 2 …): exponential with full jitter, so that clients cut off together do
 * not come back together. Never less than a quarter of the step: a server that refuses at once is not hammered.
 */
export function backOff(attempt: number, random: () => number, baseMs = 500, capMs = 30_000): number {
  const step = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 16));
  return Math.round(step * (0.25 + 0.75 * random()));
}
