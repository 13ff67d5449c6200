import { startServer } from '@parley/tests/harness';
import { forkFloor } from '../load/fork-floor.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { readMetric, sleep } from '../load/metrics.ts';
import { benchFlags, createAccounts, createGroup, signUpAdmin, socketUrl } from '../load/people.ts';
import type { Figure, Measure } from './measure.ts';

const members = 500;
const senders = 8;
const window = 40;
const seconds = 10;

/** Durable messages in one group of 500 connections while senders keep the server saturated. */
export const fanOut: Measure = {
  name: 'fan-out',
  help: `deliveries/s in one group of ${members} connections under saturation`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    let counted = 0;
    let bytes = 0;
    const sockets: LeanSocket[] = [];
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', members);
      const group = await createGroup(server, accounts[0]!, accounts.slice(1));
      let serial = 0;
      const send = (socket: LeanSocket): void => {
        const id = `m-${serial++}`;
        socket.send(
          `{"op":"send","ref":1,"conversation":"${group}","id":"${id}","content":{"type":"text","text":"${text}"}}`,
        );
      };
      for (const [index, account] of accounts.entries()) {
        const socket = await LeanSocket.open(socketUrl(server, account), (frame, start, end) => {
          // {"op":"message" and {"op":"sent" differ in their eighth byte
          if (frame[start + 7] === 0x6d) {
            counted++;
            bytes += end - start;
          } else if (index < senders && frame[start + 7] === 0x73 && frame[start + 8] === 0x65) send(socket);
        });
        sockets.push(socket);
      }
      progress(`${members} connections are open; saturating with ${senders} senders`);
      for (const socket of sockets.slice(0, senders)) for (let i = 0; i < window; i++) send(socket);
      await sleep(4_000);
      const before = await counters();
      await sleep(seconds * 1_000);
      const after = await counters();
      const perSecond = ((after.counted - before.counted) / (after.at - before.at)) * 1_000;
      const framesPerWrite = (after.deliveries - before.deliveries) / (after.writes - before.writes);
      const payload = Math.round((after.bytes - before.bytes) / (after.counted - before.counted));
      const closed = sockets.filter((socket) => socket.closed).length;
      progress(
        `${Math.round(perSecond)} deliveries/s, ${framesPerWrite.toFixed(1)} frames a write, ${payload} bytes a frame`,
      );
      for (const socket of sockets) socket.destroy();
      await server.stop();
      const floor = await rawLoop(Math.max(1, Math.round(framesPerWrite)), payload);
      return [figure(perSecond, floor, framesPerWrite, payload, closed)];
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }

    async function counters() {
      const [deliveries, writes] = await Promise.all([
        readMetric(server, 'parley_realtime_deliveries_total'),
        readMetric(server, 'parley_realtime_writes_total'),
      ]);
      return { deliveries, writes, counted, bytes, at: performance.now() };
    }
  },
};

const text = 'x'.repeat(100);

function figure(value: number, floor: number, framesPerWrite: number, payload: number, closed: number): Figure {
  return {
    what: `fan-out to ${members} connections`,
    value,
    unit: 'deliveries/s',
    target: { bound: 'at least', value: Math.max(600_000, 0.6 * floor) },
    floor: { value: floor, what: 'raw loop, same receivers, same frames per write' },
    note: `${framesPerWrite.toFixed(1)} frames per write, ${payload} bytes per frame${closed ? `, ${closed} connections were closed` : ''}`,
  };
}

async function rawLoop(framesPerWrite: number, payload: number): Promise<number> {
  const raw = await forkFloor('raw-loop', [String(framesPerWrite), String(payload)]);
  let counted = 0;
  const sockets = await Promise.all(
    Array.from({ length: members }, () =>
      LeanSocket.open(new URL(`ws://127.0.0.1:${raw.port}/`), (frame, start) => {
        if (frame[start + 7] === 0x6d) counted++;
      }),
    ),
  );
  raw.child.send('go');
  await sleep(2_000);
  const [from, began] = [counted, performance.now()];
  await sleep(6_000);
  const rate = ((counted - from) / (performance.now() - began)) * 1_000;
  for (const socket of sockets) socket.destroy();
  await raw.stop();
  return rate;
}
