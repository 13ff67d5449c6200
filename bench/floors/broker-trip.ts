import { quantile, sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';

/** A way through a broker and back into this process. */
export interface Trip {
  send(partition: number, body: Buffer): void;
  close(): Promise<void>;
}

/** About what a change record of a short message weighs. */
export const bodyBytes = 1_000;
export const partitions = 8;

const warmSeconds = 3;
const seconds = 10;

/**
 * The floor of a message that crosses a broker: one produce and one consume, in one process that does nothing else. Milliseconds
 * from the call that publishes to the bytes read.
 */
export async function measureTrip(
  perSecond: number,
  open: (onBody: (body: Buffer) => void) => Promise<Trip>,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const delays: number[] = [];
  const trip = await open((body) => delays.push(performance.now() - body.readDoubleBE(0)));
  try {
    const send = (count: number): void => {
      const body = Buffer.alloc(bodyBytes);
      body.writeDoubleBE(performance.now());
      trip.send(count % partitions, body);
    };
    await pace(perSecond, warmSeconds, send);
    await sleep(500);
    delays.length = 0;
    const sent = await pace(perSecond, seconds, send);
    for (let tries = 0; delays.length < sent && tries < 100; tries++) await sleep(50);
    if (delays.length !== sent) throw new Error(`${delays.length} of ${sent} came back from the broker`);
    delays.sort((a, b) => a - b);
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  } finally {
    await trip.close();
  }
}

/** One request under way at a time, with everything that came meanwhile in the next: what the product's publishers do. */
export function createLane(publish: (bodies: readonly Buffer[]) => Promise<unknown>): (body: Buffer) => void {
  const waiting: Buffer[] = [];
  let busy = false;
  async function drain(): Promise<void> {
    busy = true;
    while (waiting.length > 0) await publish(waiting.splice(0));
    busy = false;
  }
  return (body) => {
    waiting.push(body);
    if (!busy) void drain();
  };
}
