import { Agent, request } from 'node:http';
import { startServer, type TestServer } from '@parley/tests/harness';
import { cpuSeconds } from '../load/cpu-time.ts';
import { benchFlags, call, createAccounts, createGroup, type LoadAccount, signUpAdmin } from '../load/people.ts';
import type { Measure } from './measure.ts';

const lanes = 16;
const warmUp = 3_000;
const requests = 6_000;

/** Messages before the page's; each place is asked for once. */
const others = 2_000;

const page = (place: string) => `query ($id: ID!${place && ', $before: String!'}) {
  messages(conversation: $id, ${place || 'first: 50'}) {
    nodes { seq messageId sender { username name } content { type text } replyTo createdAt editedAt deletedAt reactions { emoji count } pinned }
    pageInfo { hasNextPage endCursor }
  }
}`;
const [newest, older] = [page(''), page('last: 50, before: $before')];

/** Pages of fifty messages by GraphQL and by REST, in turns against one server: what they cost the process that serves them. */
export const graphql: Measure = {
  name: 'graphql',
  help: `messages(first: 50) over HTTP, warm, ${lanes} requests at a time`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const agent = new Agent({ keepAlive: true, maxSockets: lanes });
    try {
      const accounts = await createAccounts(server, await signUpAdmin(server), 'member', 2);
      const [ann, bob] = accounts as [LoadAccount, LoadAccount];
      const id = await createGroup(server, ann, [bob]);
      progress(`${others + 50} messages`);
      await inLanes(others + 50, async (i) => {
        const content = { type: 'text', text: `message number ${i} of a conversation about nothing much` };
        const sender = i % 2 ? ann : bob;
        await call(server, sender.access, 'POST', `/conversations/${id}/messages`, { id: `m${i}`, content });
      });
      const ask = (path: string, body: object | null = null) =>
        post({ server, agent, access: ann.access, path, body: body && JSON.stringify(body) });
      const same = { query: newest, variables: { id } };
      const overGraphql = () => ask('/graphql', same);
      const overRest = () => ask(`/api/v1/conversations/${id}/messages?limit=50`);
      const another = (i: number) => ask('/graphql', { query: older, variables: { id, before: String(i + 51) } });
      progress('warming up');
      await inLanes(warmUp, overGraphql);
      await inLanes(warmUp, overRest);
      progress(`${requests} requests of each`);
      const graph = await measure(server, requests, overGraphql);
      const rest = await measure(server, requests, overRest);
      const once = await measure(server, others, another);
      return [
        {
          what: 'messages(first: 50) by GraphQL, per core of the serving process',
          value: graph.perCpuSecond,
          unit: 'requests/s',
          target: { bound: 'at least', value: 2_000 },
          floor: { value: rest.perCpuSecond, what: 'the same page by REST' },
          note: `${graph.bytes} bytes an answer, REST ${rest.bytes}; on the clock ${Math.round(graph.perSecond)}/s and ${Math.round(rest.perSecond)}/s`,
        },
        {
          what: 'a page that nobody has asked for before, per core of the serving process',
          value: once.perCpuSecond,
          unit: 'requests/s',
          target: null,
          floor: null,
          note: `on the clock ${Math.round(once.perSecond)}/s`,
        },
      ];
    } finally {
      agent.destroy();
      await server.stop();
    }
  },
};

/** Runs `one` for 0 … count - 1, as many at a time as there are lanes. */
async function inLanes<T>(count: number, one: (i: number) => Promise<T>): Promise<T> {
  let next = 0;
  let last: T | undefined;
  const lane = async (): Promise<void> => {
    while (next < count) last = await one(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return last as T;
}

async function measure(server: TestServer, count: number, one: (i: number) => Promise<number>) {
  const [cpu, began] = [cpuSeconds([server.pid]), performance.now()];
  const bytes = await inLanes(count, one);
  const seconds = (performance.now() - began) / 1_000;
  return { perCpuSecond: count / (cpuSeconds([server.pid]) - cpu), perSecond: count / seconds, bytes };
}

interface Ask {
  readonly server: TestServer;
  readonly agent: Agent;
  readonly access: string;
  readonly path: string;
  /** null: GET. */
  readonly body: string | null;
}

/** Bytes of the answer, which must hold all fifty. */
function post({ server, agent, access, path, body }: Ask): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${access}`,
      ...(body !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const asked = request(
      `${server.url}${path}`,
      { agent, method: body === null ? 'GET' : 'POST', headers },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(pieces);
          if (answer.statusCode !== 200 || text.toString().split('"seq":').length !== 51) {
            reject(new Error(`${path}: ${answer.statusCode} ${text.toString().slice(0, 300)}`));
          } else {
            resolve(text.length);
          }
        });
      },
    );
    asked.on('error', reject);
    asked.end(body ?? undefined);
  });
}
