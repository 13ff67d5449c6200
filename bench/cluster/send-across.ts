import { LeanSocket } from '../load/lean-socket.ts';
import { quantile, sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';
import { createAccounts, createGroup, socketUrl } from '../load/people.ts';
import { createStampedSend, readStamp } from '../load/stamped-message.ts';
import type { BenchCluster } from './open-cluster.ts';

export const sendsPerSecond = 300;
export const receiversPerGroup = 10;

const groups = 30;
const warmSeconds = 8;
const seconds = 20;

/** Milliseconds from the moment a client of one realtime process writes a message to the moment a client of the other has it. */
export interface AcrossDelays {
  readonly p50: number;
  readonly p99: number;
  readonly receipts: number;
  readonly expected: number;
}

/** Every group has its sender at the first realtime process and its receivers at the second; only receivers are counted. */
export async function measureAcross(
  { cluster, realtimes }: BenchCluster,
  admin: string,
  progress: (line: string) => void,
): Promise<AcrossDelays> {
  const [first, second] = realtimes;
  if (!first || !second) throw new Error('this takes two realtime processes');
  const delays: number[] = [];
  const sockets: LeanSocket[] = [];
  const senders: { readonly socket: LeanSocket; readonly conversation: string }[] = [];
  // What was sent to warm up may still come.
  let from = Number.POSITIVE_INFINITY;
  const onFrame = (frame: Buffer, start: number, end: number): void => {
    const sentAt = readStamp(frame, start, end);
    if (sentAt !== null && sentAt >= from) delays.push(performance.now() - sentAt);
  };
  try {
    const each = receiversPerGroup + 1;
    const accounts = await createAccounts(cluster, admin, 'across', groups * each);
    for (let g = 0; g < groups; g++) {
      const [sender, ...receivers] = accounts.slice(g * each, (g + 1) * each);
      const conversation = await createGroup(cluster, sender!, receivers);
      const socket = await LeanSocket.open(socketUrl(first, sender!), () => {});
      sockets.push(socket);
      senders.push({ socket, conversation });
      for (const receiver of receivers) sockets.push(await LeanSocket.open(socketUrl(second, receiver), onFrame));
    }
    const send = (run: string) => (count: number) => {
      const { socket, conversation } = senders[count % groups]!;
      socket.send(createStampedSend(conversation, `${run}-${count}`));
    };
    progress(`${sockets.length} connections in ${groups} groups; sending for ${seconds} s`);
    await pace(sendsPerSecond, warmSeconds, send('warm'));
    await sleep(2_000);
    from = performance.now();
    const expected = (await pace(sendsPerSecond, seconds, send('measured'))) * receiversPerGroup;
    for (let tries = 0; delays.length < expected && tries < 100; tries++) await sleep(100);
    progress(`${delays.length} receipts of ${expected}`);
    return summarizeDelays(delays, expected);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** What has not come counts as never: leaving it out would make a loss look fast. */
export function summarizeDelays(delays: readonly number[], expected: number): AcrossDelays {
  const missing = new Array<number>(Math.max(0, expected - delays.length)).fill(Number.POSITIVE_INFINITY);
  const all = [...delays, ...missing].sort((a, b) => a - b);
  return { p50: quantile(all, 0.5), p99: quantile(all, 0.99), receipts: delays.length, expected };
}
