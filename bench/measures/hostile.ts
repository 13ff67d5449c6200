import { once } from 'node:events';
import { startServer } from '@parley/tests/harness';
import { forkFloor } from '../load/fork-floor.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { quantile, sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';
import { benchFlags, createAccounts, createGroup, signUpAdmin, socketUrl } from '../load/people.ts';
import { createStampedSend, readStamp } from '../load/stamped-message.ts';
import type { Figure, Measure } from './measure.ts';

const people = 10;
const sendsPerSecond = 20;
const seconds = 8;

/** By the name of bench/floors/flood.ts. */
const floods = [
  ['brackets', '1 MB of nested brackets, not signed in'],
  ['keys', '90,000 unknown keys, not signed in'],
  ['documents', 'distinct GraphQL documents'],
  ['veigo-documents', 'distinct documents to /gql'],
  ['frames', 'frames of 5,000 unknown keys'],
  ['passwords', 'wrong passwords for many logins'],
  ['search', 'searches of a common word'],
] as const;

/** What ten people notice of somebody who sends what was made to hurt, as fast as one machine can. */
export const hostile: Measure = {
  name: 'hostile',
  help: `a conversation of ${people} at ${sendsPerSecond} sends/s beside each kind of hostile load`,
  async run(progress) {
    // The limits are those of every server: they are part of what is measured.
    const server = await startServer({ flags: { admins: benchFlags.admins } });
    const sockets: LeanSocket[] = [];
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', people + 1);
      const stranger = accounts.pop()!;
      const conversation = await createGroup(server, accounts[0]!, accounts.slice(1));
      let delays: number[] = [];
      for (const account of accounts) {
        sockets.push(
          await LeanSocket.open(socketUrl(server, account), (frame, start, end) => {
            const sentAt = readStamp(frame, start, end);
            if (sentAt !== null) delays.push(performance.now() - sentAt);
          }),
        );
      }
      let runs = 0;
      const talk = async (): Promise<{ p50: number; p99: number; got: number; sent: number }> => {
        delays = [];
        const run = ++runs;
        const sent = await pace(sendsPerSecond, seconds, (n) =>
          sockets[n % people]!.send(createStampedSend(conversation, `${run}-${n}`)),
        );
        await sleep(1_000);
        delays.sort((a, b) => a - b);
        return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), got: delays.length, sent: sent * people };
      };
      await talk();
      const figures: Figure[] = [];
      for (const [kind, what] of floods) {
        const calm = await talk();
        const flood = await forkFloor('flood', [kind, server.url, stranger.access]);
        await sleep(1_000);
        const beside = await talk();
        flood.child.send('count');
        const [{ count }] = (await once(flood.child, 'message')) as [{ count: number }];
        await flood.stop();
        progress(`${kind}: ${count} answers; ${JSON.stringify({ calm, beside })}`);
        const note = `${beside.got} receipts of ${beside.sent}; ${Math.round(count / (seconds + 2))} inputs/s`;
        for (const at of ['p50', 'p99'] as const) {
          const floor = { value: calm[at], what: 'without it' };
          const target = { bound: 'at most', value: 2 * calm[at] } as const;
          figures.push({ what: `${what}: ${at}`, value: beside[at], unit: 'ms', target, floor, note });
        }
        await sleep(1_000);
      }
      return figures;
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  },
};
