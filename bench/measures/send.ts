import { startServer, type TestServer } from '@parley/tests/harness';
import { bareAppend } from '../floors/bare-append.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { readMetric, sleep } from '../load/metrics.ts';
import { benchFlags, createAccounts, createGroup, type LoadAccount, signUpAdmin, socketUrl } from '../load/people.ts';
import type { Measure } from './measure.ts';

const pairs = 32;
const window = 60;
const seconds = 12;

/** Acknowledged, durable messages over WebSockets, search and every projection on. */
export const send: Measure = {
  name: 'send',
  help: `acknowledged messages/s from ${pairs * 2} connections`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const sockets: LeanSocket[] = [];
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', pairs * 2);
      let acknowledged = 0;
      let delivered = 0;
      let refused = 0;
      for (let p = 0; p < pairs; p++) await openPair(accounts[p * 2]!, accounts[p * 2 + 1]!);
      progress(`${sockets.length} connections, ${window} messages in flight on each`);
      await sleep(4_000);
      const [from, began, batchesFrom, draftsFrom] = [
        acknowledged,
        performance.now(),
        await batches(server),
        await drafts(server),
      ];
      await sleep(seconds * 1_000);
      const rate = ((acknowledged - from) / (performance.now() - began)) * 1_000;
      const batch = ((await drafts(server)) - draftsFrom) / ((await batches(server)) - batchesFrom);
      for (const socket of sockets) socket.destroy();
      const [total, caughtUp] = [acknowledged, performance.now()];
      await searchCaughtUp(server);
      const lag = (performance.now() - caughtUp) / 1_000;
      progress(
        `${total} acknowledged, ${delivered} delivered, batches of ${batch.toFixed(0)}; search caught up after ${lag.toFixed(1)} s`,
      );
      const floor = await bareAppend(server, Math.max(1, Math.round(batch)));
      return [
        {
          what: 'durable send',
          value: rate,
          unit: 'messages/s',
          target: { bound: 'at least', value: 15_000 },
          floor: { value: floor, what: 'bare two-step append, same batch size, analysed table' },
          note: `batches of ${batch.toFixed(0)}, ${refused} refused, search caught up ${lag.toFixed(1)} s after the last`,
        },
      ];

      async function openPair(a: LoadAccount, b: LoadAccount): Promise<void> {
        const conversation = await createGroup(server, a, [b]);
        for (const account of [a, b]) {
          let serial = 0;
          const socket: LeanSocket = await LeanSocket.open(socketUrl(server, account), (frame, start) => {
            const op = frame[start + 7];
            if (op === 0x6d) delivered++;
            else if (op === 0x73 && frame[start + 8] === 0x65) {
              acknowledged++;
              next();
            } else if (op === 0x65) refused++;
          });
          const next = (): void =>
            socket.send(
              `{"op":"send","conversation":"${conversation}","id":"m${serial++}","content":{"type":"text","text":"${words(serial)}"}}`,
            );
          sockets.push(socket);
          for (let i = 0; i < window; i++) next();
        }
      }
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  },
};

const batches = (server: TestServer) => readMetric(server, 'parley_append_batches_total');
const drafts = (server: TestServer) => readMetric(server, 'parley_append_drafts_total');

async function searchCaughtUp(server: TestServer): Promise<void> {
  while ((await readMetric(server, 'parley_relay_outstanding_bytes')) > 0) await sleep(100);
}

const vocabulary =
  'the quick brown fox jumps over a lazy dog while seven wizards box quietly in the old stone tower'.split(' ');

/** Fifteen words that differ from message to message, so that the search index has real work. */
function words(serial: number): string {
  let text = `no ${serial}`;
  for (let i = 0; i < 13; i++) text += ` ${vocabulary[(serial * 7 + i * i) % vocabulary.length]}`;
  return text;
}
