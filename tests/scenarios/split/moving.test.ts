import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import {
  createFastClock,
  createPerson,
  createSdkPerson,
  dropDatabases,
  findEngines,
  request,
  runCommand,
  type SdkPerson,
  startServer,
  startSplit,
  type TestServer,
  until,
  wholeHistory,
} from '../../harness/index.ts';
import { root } from '../../harness/server.ts';

/** What docs/operations/moving.md tells people to do, done while people talk. */
const engines = findEngines();
const keySecret = randomBytes(32).toString('hex');
const database = `moved${randomBytes(6).toString('hex')}`;
const url = Object.assign(new URL(engines.postgres), { pathname: `/${database}` }).href;
const ending: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** The commands between two headings of the page, over what the test has in the place of the examples. */
function commandsOf(heading: string, places: Readonly<Record<string, string>>): string[][] {
  const page = readFileSync(path.join(root, 'docs', 'operations', 'moving.md'), 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const block = section.replaceAll('\\\n', '');
  return [...block.matchAll(/^ *npm run parley -- (.+)$/gm)].map(([, line = '']) =>
    line.split(/\s+/).map((word) => places[word] ?? word),
  );
}

async function createDatabase(): Promise<void> {
  const client = new pg.Client({ connectionString: engines.postgres });
  await client.connect();
  await client.query(`create database ${database}`);
  await client.end();
  ending.push(() => dropDatabases(engines.postgres, [database]));
}

/** Sends one message after the other, however long each takes. */
function keepTalking(person: SdkPerson, conversation: string) {
  const acknowledged: string[] = [];
  let stop = false;
  const done = (async () => {
    for (let i = 0; !stop; i++) {
      const id = `${person.username}-${i}`;
      await person.client.send(conversation, { type: 'text', text: id }, { id }).sent;
      acknowledged.push(id);
    }
  })();
  return {
    acknowledged,
    async more(count: number) {
      const wanted = acknowledged.length + count;
      await until(`${person.username} has ${count} more answers`, () => acknowledged.length >= wanted, 120_000);
    },
    end: () => {
      stop = true;
      return done;
    },
  };
}

async function expectSame(server: { readonly url: string }, before: Awaited<ReturnType<typeof leaveTraces>>) {
  const { person, attachment, bytes } = before;
  const answer = await fetch(`${server.url}/api/v1/attachments/${attachment}`, {
    headers: { authorization: `Bearer ${person.access}` },
  });
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes), 'the attachment, by the old access token').toBe(true);
}

/** Of somebody who is not there during the move: a session and an attachment. */
async function leaveTraces(server: TestServer) {
  const person = await createPerson(server, 'eve');
  const bytes = randomBytes(100_000);
  const form = new FormData();
  form.set('file', new Blob([bytes]), 'kept.bin');
  const { id: attachment } = await person.must<{ id: string }>('POST', '/attachments', form);
  return { person, bytes, attachment };
}

test('from the embedded database to PostgreSQL, and on to several processes: nothing is lost, nobody signs in again', async () => {
  const flags: Record<string, string> = {};
  const one = await startServer({ flags });
  ending.push(() => one.stop());
  const before = await leaveTraces(one);
  const people: SdkPerson[] = [];
  for (const name of ['ann', 'bob', 'cleo']) {
    people.push(await createSdkPerson(one.url, name, { clock: createFastClock(5) }));
  }
  ending.push(async () => {
    for (const { client } of people) client.close();
  });
  const [ann] = people as [SdkPerson];
  const { id } = await ann.client.api.createConversation({
    ...{ kind: 'group', name: 'g' },
    members: people.slice(1).map((person) => person.id),
  });
  for (const person of people) {
    await person.connected();
    await until('everybody knows the group', () => person.client.conversation(id));
  }
  const talks = people.map((person) => keepTalking(person, id));
  for (const talk of talks) await talk.more(50);

  await createDatabase();
  await one.kill('SIGTERM');
  const file = path.join(one.data, 'move.backup');
  const places = { './data': one.data, 'move.backup': file, 'postgres://…': url };
  const commands = commandsOf('From the embedded database to one of your own', places);
  expect(commands.map(([name]) => name)).toEqual(['backup', 'restore']);
  for (const command of commands) await runCommand(...command);
  flags['database-url'] = url;
  flags['key-secret'] = keySecret; // given for the first time: tokens stay good
  await one.start();
  for (const talk of talks) await talk.more(50);
  for (const person of people) expect(person.gaps, 'it is another history').toEqual(['lost']);
  await expectSame(one, before);

  await one.kill('SIGTERM');
  const [cluster] = commandsOf('From one process to several, over the same database', places);
  const databases = (cluster ?? []).flatMap((word, i, words) =>
    word.endsWith('-database-url') ? [[word.slice(2), words[i + 1] as string]] : [],
  );
  expect(databases).toHaveLength(3);
  // At the address that clients know.
  const { port } = new URL(one.url);
  const several = await startSplit(engines, {
    data: one.data,
    flags: { port, 'key-secret': keySecret, ...Object.fromEntries(databases) },
  });
  ending.push(() => several.stop());
  const holdsSecret = (pid: number | null) =>
    ['environ', 'cmdline'].some((file) => readFileSync(`/proc/${pid}/${file}`).includes(keySecret));
  const holders = several.processes().filter(({ pid }) => holdsSecret(pid));
  expect(holders.map(({ name }) => name)).toEqual(['identity']);
  for (const talk of talks) await talk.more(50);
  for (const talk of talks) await talk.end();
  await expectSame(one, before);
  const renewed = await request(one, 'POST', '/sessions/refresh', { body: { refresh: before.person.refresh } });
  expect(renewed.status).toBe(200);

  const history = await wholeHistory(ann.client, id);
  expect(history.map((line) => Number(line.split(' ')[0]))).toEqual(history.map((_, i) => i + 1));
  const stored = history.map((line) => line.split(' ')[1] as string);
  for (const [i, talk] of talks.entries()) {
    const own = stored.filter((text) => text.startsWith(`${people[i]?.username}-`));
    expect(own, 'everything that was answered, once, in its order').toEqual(talk.acknowledged);
  }
  for (const person of people) {
    expect(person.gaps, 'the second move keeps the history').toEqual(['lost']);
    await until(`${person.username} has the last`, () => person.view(id).at(-1) === history.at(-1));
    while (await person.client.loadOlder(id));
    expect(person.view(id)).toEqual(history);
    expect(person.told).toEqual([...new Set(person.told)]);
  }
}, 400_000); // three systems, one after the other
