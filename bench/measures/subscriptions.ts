import { startServer, type TestServer } from '@parley/tests/harness';
import { cpuSeconds } from '../load/cpu-time.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { readMetric, sleep } from '../load/metrics.ts';
import { pace } from '../load/pace.ts';
import { benchFlags, createAccounts, createGroup, type LoadAccount, signUpAdmin, socketUrl } from '../load/people.ts';
import type { Measure } from './measure.ts';

const members = 500;
const senders = 8;
const sendsPerSecond = 2_000;
const rounds = 4;
const seconds = 5;

/** What a frame of the native socket says. */
const query = `subscription {
  messages {
    ... on MessageAdded {
      message {
        conversationId seq rev messageId sender { id username name } content { json } replyTo thread mentionIds
        createdAt editedAt deletedAt reactions { emoji userIds } pinned
      }
    }
  }
}`;

/** The same messages to 500 connections of either protocol, in turns against one server, each as often the first. */
export const subscriptions: Measure = {
  name: 'subscriptions',
  help: `CPU per delivery to ${members} subscribers of one selection, beside ${members} native sockets`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', members);
      const group = await createGroup(server, accounts[0]!, accounts.slice(1));
      const native: Cost[] = [];
      const graphql: Cost[] = [];
      for (let round = 0; round <= rounds; round++) {
        const first = await measure(server, group, accounts, round % 2 ? openGraphql : openNative);
        const second = await measure(server, group, accounts, round % 2 ? openNative : openGraphql);
        const [a, b] = round % 2 ? [second, first] : [first, second];
        // The first round warms up.
        if (round > 0) native.push(a);
        if (round > 0) graphql.push(b);
        progress(`${describe(a)} natively, ${describe(b)} by subscription`);
      }
      const [ours, theirs] = [sum(graphql), sum(native)];
      return [
        {
          what: `a delivery to ${members} subscribers of one selection`,
          value: ours.microseconds,
          unit: 'µs of CPU',
          target: { bound: 'at most', value: 1.3 * theirs.microseconds },
          floor: { value: theirs.microseconds, what: 'the native socket' },
          note: `${ours.framesPerWrite.toFixed(1)} frames per write and ${ours.bytes} bytes a frame, natively ${theirs.framesPerWrite.toFixed(1)} and ${theirs.bytes}`,
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

interface Cost {
  readonly cpu: number;
  readonly deliveries: number;
  readonly writes: number;
  readonly bytes: number;
}

type Open = (server: TestServer, account: LoadAccount, onDelivery: (bytes: number) => void) => Promise<LeanSocket>;

const openNative: Open = (server, account, onDelivery) =>
  LeanSocket.open(socketUrl(server, account), (frame, start, end) => {
    // {"op":"message" and {"op":"sent" differ in their eighth byte
    if (frame[start + 7] === 0x6d) onDelivery(end - start);
  });

const openGraphql: Open = async (server, account, onDelivery) => {
  const url = socketUrl(server, account);
  url.pathname = '/graphql';
  const id = account.id;
  const socket = await LeanSocket.open(
    url,
    (frame, start, end) => {
      // {"type":"connection_ack" and {"id":… differ in their third byte
      if (frame[start + 2] === 0x69) onDelivery(end - start);
      else socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
    },
    'graphql-transport-ws',
  );
  socket.send('{"type":"connection_init"}');
  return socket;
};

async function measure(server: TestServer, group: string, accounts: readonly LoadAccount[], open: Open): Promise<Cost> {
  const sockets: LeanSocket[] = [];
  let deliveries = 0;
  let bytes = 0;
  let serial = 0;
  const run = `${Date.now()}`;
  try {
    for (const account of accounts) {
      sockets.push(
        await open(server, account, (size) => {
          deliveries++;
          bytes += size;
        }),
      );
    }
    for (const account of accounts.slice(0, senders)) {
      sockets.push(await LeanSocket.open(socketUrl(server, account), () => {}));
    }
    const send = (count: number): void => {
      const id = `${run}-${serial++}`;
      sockets[members + (count % senders)]!.send(
        `{"op":"send","ref":1,"conversation":"${group}","id":"${id}","content":{"type":"text","text":"${text}"}}`,
      );
    };
    await pace(sendsPerSecond, 2, send);
    const before = { cpu: cpuSeconds([server.pid]), writes: await readMetric(server, 'parley_realtime_writes_total') };
    [deliveries, bytes] = [0, 0];
    await pace(sendsPerSecond, seconds, send);
    const cost = { cpu: cpuSeconds([server.pid]) - before.cpu, deliveries, bytes };
    const writes = (await readMetric(server, 'parley_realtime_writes_total')) - before.writes;
    if (sockets.some(({ closed }) => closed)) throw new Error('the server closed a connection');
    return { ...cost, writes };
  } finally {
    for (const socket of sockets) socket.destroy();
    await sleep(500);
  }
}

const text = 'x'.repeat(100);

function sum(costs: readonly Cost[]) {
  const total = (of: keyof Cost) => costs.reduce((all, cost) => all + cost[of], 0);
  return {
    microseconds: (total('cpu') / total('deliveries')) * 1e6,
    framesPerWrite: total('deliveries') / total('writes'),
    bytes: Math.round(total('bytes') / total('deliveries')),
  };
}

function describe(cost: Cost): string {
  const { microseconds, framesPerWrite } = sum([cost]);
  return `${microseconds.toFixed(2)} µs (${Math.round(cost.deliveries / seconds)}/s, ${framesPerWrite.toFixed(1)} a write)`;
}
