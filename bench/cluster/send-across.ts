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
  let measuring = false;
  const onFrame = (frame: Buffer, start: number, end: number): void => {
    const sentAt = measuring ? readStamp(frame, start, end) : null;
    if (sentAt !== null) delays.push(performance.now() - sentAt);
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
    measuring = true;
    const expected = (await pace(sendsPerSecond, seconds, send('measured'))) * receiversPerGroup;
    for (let tries = 0; delays.length < expected && tries < 100; tries++) await sleep(100);
    delays.sort((a, b) => a - b);
    progress(`${delays.length} receipts of ${expected}`);
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), receipts: delays.length, expected };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
