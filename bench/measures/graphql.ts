import { Agent, request } from 'node:http';
import { startServer, type TestServer } from '@parley/tests/harness';
import { cpuSeconds } from '../load/cpu-time.ts';
import { benchFlags, call, createAccounts, createGroup, type LoadAccount, signUpAdmin } from '../load/people.ts';
import type { Measure } from './measure.ts';

const lanes = 16;
const warmUp = 3_000;
const requests = 6_000;

const query = `query ($id: ID!) {
  messages(conversation: $id, first: 50) {
    nodes { seq messageId sender { username name } content { type text } replyTo createdAt editedAt deletedAt reactions { emoji count } pinned }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** The same fifty messages by GraphQL and by REST, in turns against one server: what they cost the process that serves them. */
export const graphql: Measure = {
  name: 'graphql',
  help: `messages(first: 50) over HTTP, warm, ${lanes} requests at a time`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const agent = new Agent({ keepAlive: true, maxSockets: lanes });
    try {
      const [ann, bob] = (await createAccounts(server, await signUpAdmin(server), 'member', 2)) as [
        LoadAccount,
        LoadAccount,
      ];
      const id = await createGroup(server, ann, [bob]);
      for (let i = 0; i < 50; i++) {
        const content = { type: 'text', text: `message number ${i} of a conversation about nothing much` };
        await call(server, i % 2 ? ann.access : bob.access, 'POST', `/conversations/${id}/messages`, {
          id: `m${i}`,
          content,
        });
      }
      const body = JSON.stringify({ query, variables: { id } });
      const load = (path: string, given: string | null, count: number) =>
        measure({ server, agent, access: ann.access, path, body: given, count });
      const overGraphql = (count: number) => load('/graphql', body, count);
      const overRest = (count: number) => load(`/api/v1/conversations/${id}/messages?limit=50`, null, count);
      progress('warming up');
      await overGraphql(warmUp);
      await overRest(warmUp);
      progress(`${requests} requests of each`);
      const [graph, rest] = [await overGraphql(requests), await overRest(requests)];
      return [
        {
          what: 'messages(first: 50) by GraphQL, per core of the serving process',
          value: graph.perCpuSecond,
          unit: 'requests/s',
          target: { bound: 'at least', value: 2_000 },
          floor: { value: rest.perCpuSecond, what: 'the same page by REST' },
          note: `${graph.bytes} bytes an answer, REST ${rest.bytes}; on the clock ${Math.round(graph.perSecond)}/s and ${Math.round(rest.perSecond)}/s`,
        },
      ];
    } finally {
      agent.destroy();
      await server.stop();
    }
  },
};

interface Load {
  readonly server: TestServer;
  readonly agent: Agent;
  readonly access: string;
  readonly path: string;
  /** null: GET. */
  readonly body: string | null;
  readonly count: number;
}

async function measure(load: Load): Promise<{ perCpuSecond: number; perSecond: number; bytes: number }> {
  const pids = [load.server.pid];
  const [cpu, began] = [cpuSeconds(pids), performance.now()];
  let left = load.count;
  let bytes = 0;
  const lane = async (): Promise<void> => {
    while (left-- > 0) bytes = await ask(load);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return {
    perCpuSecond: load.count / (cpuSeconds(pids) - cpu),
    perSecond: (load.count / (performance.now() - began)) * 1_000,
    bytes,
  };
}

/** Bytes of the answer, which must hold all fifty. */
function ask({ server, agent, access, path, body }: Load): Promise<number> {
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
          if (answer.statusCode !== 200 || !text.includes('"seq":50,')) {
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
