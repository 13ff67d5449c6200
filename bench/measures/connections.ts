import { startServer, type TestServer } from '@parley/tests/harness';
import { forkFloor } from '../load/fork-floor.ts';
import { LeanSocket } from '../load/lean-socket.ts';
import { residentBytes, sleep } from '../load/metrics.ts';
import { benchFlags, createAccounts, createGroup, type LoadAccount, signUpAdmin, socketUrl } from '../load/people.ts';
import type { Measure } from './measure.ts';

const idle = 16_000;
const reconnecting = 5_000;
const groupSize = 10;
const missed = 20;

/** What an open connection costs, and what happens when very many come back at once. */
export const connections: Measure = {
  name: 'connections',
  help: `memory of ${idle} idle connections; ${reconnecting} clients that reconnect at once, ${missed} messages missed by each`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags, nodeArgs: ['--expose-gc'] });
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', idle);
      const groups: Group[] = [];
      for (let from = 0; from < idle; from += groupSize) {
        const members = accounts.slice(from, from + groupSize);
        groups.push({ members, id: await createGroup(server, members[0]!, members.slice(1)) });
      }
      progress(`${idle} accounts in ${groups.length} groups`);
      const perConnection = await idleCost(server, accounts);
      const floor = await bareCost();
      progress(
        `${(perConnection / 1024).toFixed(1)} KB a connection, ${(floor / 1024).toFixed(1)} KB with a bare ws server`,
      );
      const storm = await resumeStorm(server, groups.slice(0, reconnecting / groupSize));
      progress(`${storm.seconds.toFixed(1)} s, ${storm.lost} lost, ${storm.twice} twice`);
      return [
        {
          what: 'idle connection',
          value: perConnection / 1024,
          unit: 'KB of server RSS',
          target: { bound: 'at most', value: 12 },
          floor: { value: floor / 1024, what: 'bare ws server' },
          note: `${idle} connections, authenticated and subscribed`,
        },
        {
          what: `${reconnecting} clients resume at once`,
          value: storm.seconds,
          unit: 's',
          target: { bound: 'at most', value: 15 },
          floor: null,
          note: `each missed ${missed}; ${storm.lost} lost, ${storm.twice} delivered twice`,
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

interface Group {
  readonly id: string;
  readonly members: readonly LoadAccount[];
}

async function idleCost(server: TestServer, accounts: readonly LoadAccount[]): Promise<number> {
  // a fresh process: what making the accounts left in the heap would hide the cost
  await server.kill('SIGTERM');
  await server.start();
  // the first hundred pay for code and caches, not for connections
  const warm = await openAll(accounts.slice(0, 100).map((account) => socketUrl(server, account)));
  await sleep(3_000);
  const before = await residentBytes(server.pid);
  const rest = await openAll(accounts.slice(100).map((account) => socketUrl(server, account)));
  await sleep(8_000);
  const cost = ((await residentBytes(server.pid)) - before) / rest.length;
  for (const socket of [...warm, ...rest]) socket.destroy();
  await sleep(2_000);
  return cost;
}

async function bareCost(): Promise<number> {
  const bare = await forkFloor('bare-ws');
  const url = new URL(`ws://127.0.0.1:${bare.port}/`);
  const warm = await openAll(Array.from({ length: 100 }, () => url));
  await sleep(1_000);
  const before = await residentBytes(bare.child.pid as number);
  const rest = await openAll(Array.from({ length: idle - 100 }, () => url));
  await sleep(3_000);
  const cost = ((await residentBytes(bare.child.pid as number)) - before) / rest.length;
  for (const socket of [...warm, ...rest]) socket.destroy();
  await bare.stop();
  return cost;
}

/** A hundred at a time: a storm is measured elsewhere. */
async function openAll(urls: readonly URL[]): Promise<LeanSocket[]> {
  const sockets: LeanSocket[] = [];
  for (let from = 0; from < urls.length; from += 100) {
    sockets.push(...(await Promise.all(urls.slice(from, from + 100).map((url) => LeanSocket.open(url, () => {})))));
  }
  return sockets;
}

interface Reader {
  readonly seen: Uint8Array;
  resumed: boolean;
}

async function resumeStorm(
  server: TestServer,
  groups: readonly Group[],
): Promise<{ seconds: number; lost: number; twice: number }> {
  const epochs = await Promise.all(groups.map((group) => sendMissed(server, group)));
  const readers: Reader[] = [];
  const began = performance.now();
  const sockets = await Promise.all(
    groups.flatMap((group, index) =>
      group.members.map((member) => resume(server, member, group.id, epochs[index]!, readers)),
    ),
  );
  while (readers.some((reader) => !reader.resumed)) {
    if (performance.now() - began > 60_000) break;
    await sleep(10);
  }
  const seconds = (performance.now() - began) / 1_000;
  for (const socket of sockets) socket.destroy();
  const counts = readers.flatMap((reader) => [...reader.seen.slice(1, missed + 1)]);
  return { seconds, lost: counts.filter((n) => n === 0).length, twice: counts.filter((n) => n > 1).length };
}

/** Leaves `missed` messages for the group to find; resolves with the conversation's epoch. */
async function sendMissed(server: TestServer, group: Group): Promise<string> {
  const author = group.members[0]!;
  const headers = { authorization: `Bearer ${author.access}`, 'content-type': 'application/json' };
  const base = `${server.url}/api/v1/conversations/${group.id}`;
  for (let i = 0; i < missed; i++) {
    const body = JSON.stringify({ id: `missed-${i}`, content: { type: 'text', text: `missed ${i}` } });
    const response = await fetch(`${base}/messages`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(await response.text());
  }
  return ((await (await fetch(base, { headers })).json()) as { epoch: string }).epoch;
}

/** Connects, with patience where the server asks for it, and resumes from before the first message. */
async function resume(
  server: TestServer,
  account: LoadAccount,
  conversation: string,
  epoch: string,
  readers: Reader[],
): Promise<LeanSocket> {
  const reader: Reader = { seen: new Uint8Array(missed + 2), resumed: false };
  readers.push(reader);
  for (;;) {
    try {
      const socket = await LeanSocket.open(socketUrl(server, account), (frame, start, end) => {
        const text = frame.toString('latin1', start, Math.min(end, start + 140));
        if (text.startsWith('{"op":"message"')) reader.seen[Number(/"seq":(\d+)/.exec(text)?.[1] ?? missed + 1)]!++;
        else if (text.startsWith('{"op":"resumed"')) reader.resumed = true;
      });
      socket.send(`{"op":"resume","ref":1,"positions":{"${conversation}":{"epoch":"${epoch}","seq":0,"rev":1}}}`);
      return socket;
    } catch {
      await sleep(50 + Math.random() * 200);
    }
  }
}
