import { startServer } from '@parley/tests/harness';
import { LeanSocket } from '../load/lean-socket.ts';
import { quantile, sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';
import { benchFlags, createAccounts, createGroup, signUpAdmin, socketUrl } from '../load/people.ts';
import { createStampedSend, readStamp } from '../load/stamped-message.ts';
import type { Measure } from './measure.ts';

const groups = 50;
const membersPerGroup = 10;
const sendsPerSecond = 500;
const seconds = 20;

/** From the moment a client writes a message to the moment each member's client has it. */
export const latency: Measure = {
  name: 'latency',
  help: `send to receipt at ${sendsPerSecond} sends/s, each to ${membersPerGroup} members`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const sockets: LeanSocket[] = [];
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', groups * membersPerGroup);
      const conversations: string[] = [];
      const delays: number[] = [];
      let measuring = false;
      for (let g = 0; g < groups; g++) {
        const members = accounts.slice(g * membersPerGroup, (g + 1) * membersPerGroup);
        conversations.push(await createGroup(server, members[0]!, members.slice(1)));
        for (const member of members) {
          sockets.push(
            await LeanSocket.open(socketUrl(server, member), (frame, start, end) => {
              const sentAt = measuring ? readStamp(frame, start, end) : null;
              if (sentAt !== null) delays.push(performance.now() - sentAt);
            }),
          );
        }
      }
      progress(`${sockets.length} connections in ${groups} groups; sending for ${seconds} s`);
      await pace(sendsPerSecond, 3, send('warm'));
      measuring = true;
      const sent = await pace(sendsPerSecond, seconds, send('measured'));
      await sleep(1_000);
      measuring = false;
      delays.sort((a, b) => a - b);
      progress(`${sent} sends, ${delays.length} receipts`);
      const note = `${delays.length} receipts of ${sent * membersPerGroup}`;
      return [
        {
          what: 'send to receipt, p50',
          value: quantile(delays, 0.5),
          unit: 'ms',
          target: { bound: 'at most', value: 5 },
          floor: null,
          note,
        },
        {
          what: 'send to receipt, p99',
          value: quantile(delays, 0.99),
          unit: 'ms',
          target: { bound: 'at most', value: 25 },
          floor: null,
          note,
        },
      ];

      function send(run: string): (count: number) => void {
        return (count) => {
          const g = count % groups;
          const member = Math.floor(count / groups) % membersPerGroup;
          sockets[g * membersPerGroup + member]!.send(createStampedSend(conversations[g]!, `${run}-${count}`));
        };
      }
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  },
};
