import { cpuSeconds } from '../load/cpu-time.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';
import { createAccounts, createGroup, socketUrl } from '../load/people.ts';
import { createStampedSend, isMessage } from '../load/stamped-message.ts';
import type { BenchCluster } from './open-cluster.ts';

export const membersPerGroup = 200;
export const sendsPerSecond = 100;

const groups = 5;
const warmSeconds = 15;
const seconds = 20;

/** Microseconds of CPU for each message that a connection gets. */
export interface DeliveryCost {
  readonly realtime: number;
  /** With the router, which addresses every message to each of the processes. */
  readonly withRouter: number;
  readonly deliveries: number;
}

/** A fixed load to groups whose members are connected to all realtime processes in equal shares. */
export async function measureCpu(
  { cluster, realtimes, pidsOf }: BenchCluster,
  admin: string,
  progress: (line: string) => void,
): Promise<DeliveryCost> {
  const sockets: LeanSocket[] = [];
  const senders: { readonly socket: LeanSocket; readonly conversation: string }[] = [];
  let deliveries = 0;
  const onFrame = (frame: Buffer, start: number): void => {
    if (isMessage(frame, start)) deliveries++;
  };
  try {
    const accounts = await createAccounts(cluster, admin, 'cpu', groups * membersPerGroup);
    for (let g = 0; g < groups; g++) {
      const members = accounts.slice(g * membersPerGroup, (g + 1) * membersPerGroup);
      const conversation = await createGroup(cluster, members[0]!, members.slice(1));
      for (const [i, member] of members.entries()) {
        const socket = await LeanSocket.open(socketUrl(realtimes[i % realtimes.length]!, member), onFrame);
        sockets.push(socket);
        if (i === g % realtimes.length) senders.push({ socket, conversation });
      }
    }
    const send = (run: string) => (count: number) => {
      const { socket, conversation } = senders[count % groups]!;
      socket.send(createStampedSend(conversation, `${run}-${count}`));
    };
    progress(`${sockets.length} connections to ${realtimes.length} realtime; sending for ${seconds} s`);
    const all = async (expected: number): Promise<void> => {
      for (let tries = 0; deliveries < expected && tries < 200; tries++) await sleep(50);
    };
    await all((await pace(sendsPerSecond, warmSeconds, send('warm'))) * membersPerGroup);
    deliveries = 0;
    const pids = [pidsOf('realtime'), pidsOf('router')] as const;
    const before = pids.map(cpuSeconds);
    const expected = (await pace(sendsPerSecond, seconds, send('measured'))) * membersPerGroup;
    await all(expected);
    const [realtime, router] = pids.map((each, i) => cpuSeconds(each) - before[i]!) as [number, number];
    progress(`${deliveries} of ${expected} delivered; CPU seconds: realtime ${realtime}, router ${router}`);
    return costPerDelivery({ realtime, router, deliveries });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** CPU in seconds, the cost in microseconds. */
export function costPerDelivery(used: { realtime: number; router: number; deliveries: number }): DeliveryCost {
  const { realtime, router, deliveries } = used;
  if (deliveries === 0) throw new Error('nothing was delivered');
  const cost = (cpu: number): number => (cpu * 1e6) / deliveries;
  return { realtime: cost(realtime), withRouter: cost(realtime + router), deliveries };
}
