/**
 * Two clocks. Wall time is for people and may jump; leases, time-outs and deadlines use the monotonic one
 * (MESSAGE-PATH rule 6). Both in milliseconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Milliseconds since some fixed moment of this process; never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};
