import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createFastClock,
  createSdkPerson,
  expectLevel,
  idsOf,
  runCommand,
  type SdkPerson,
  type System,
  startSystem,
  type TestServer,
  until,
  wholeHistory,
} from '../harness/index.ts';

const people: SdkPerson[] = [];

afterEach(() => {
  for (const { client } of people.splice(0)) client.close();
});

/** Two people in a conversation; `clock`: of both. */
async function begin(server: System, clock?: ReturnType<typeof createFastClock>) {
  for (const name of ['ann', 'bob']) people.push(await createSdkPerson(server.url, name, clock ? { clock } : {}));
  const [ann, bob] = people as [SdkPerson, SdkPerson];
  for (const one of [ann, bob]) await one.connected();
  const { id } = await ann.client.api.createConversation({ kind: 'group', name: 'g', members: [bob.id] });
  for (const one of [ann, bob]) await until('both know the conversation', () => one.client.conversation(id));
  const say = (who: SdkPerson, text: string): Promise<unknown> =>
    who.client.send(id, { type: 'text', text }, { id: text }).sent;
  return { ann, bob, id, say };
}

describe('the SDK and a server whose tokens are short', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startSystem({ flags: { 'access-token-seconds': '6' } });
  });
  afterAll(() => server?.stop());

  test('a token that ends is replaced under the open connection, which stays', async () => {
    const { ann, bob, id, say } = await begin(server);
    const refreshes = () => bob.requests.filter((line) => line.endsWith('/sessions/refresh')).length;
    const ended = Date.now() + 8_000; // longer than a token lives
    for (let i = 0; Date.now() < ended; i++) {
      await say(ann, `m${i}`);
      await until('bob hears it', () => bob.told.includes(`m${i}`));
      const wanted = refreshes() + 1;
      await until('bob refreshes', () => refreshes() >= wanted);
    }
    expect(bob.view(id)).toEqual(await wholeHistory(ann.client, id));
    for (const { states } of [ann, bob])
      expect(states, 'one connection for all that time').toEqual(['offline', 'connecting', 'online']);
  });
});

describe('the SDK and a server that ends and comes back', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startSystem({ flags: { 'sends-per-second': '10000' } });
  });
  afterAll(() => server?.stop());

  test('kill -9 of the server while both send: both views and history are equal at the end', async () => {
    const { ann, bob, id, say } = await begin(server, createFastClock(5));
    let talking = true;
    const talk = async (who: SdkPerson, name: string): Promise<string[]> => {
      const ids: string[] = [];
      const answers: Promise<unknown>[] = [];
      for (let i = 0; talking; i++) {
        ids.push(`${name}${i}`);
        answers.push(say(who, `${name}${i}`));
        await new Promise((resolve) => setTimeout(resolve, 5));
        // a start may take longer than the outbox has room for
        await until('there is room', () => who.client.drafts(id).length < 200, 170_000);
      }
      await Promise.all(answers);
      return ids;
    };
    const both = Promise.all([talk(ann, 'a'), talk(bob, 'b')]);
    for (let round = 1; round <= 2; round++) {
      const before = ann.told.length;
      await until('they talk', () => ann.told.length > before + 60);
      await server.kill('SIGKILL');
      await server.start();
    }
    const after = bob.told.length;
    await until('they talk on', () => bob.told.length > after + 60);
    talking = false;
    const [ofAnn, ofBob] = await both;
    await expectLevel(id, [ann, bob], [...ofAnn, ...ofBob]);
    expect(idsOf(ann.view(id), ann.username)).toEqual(ofAnn);
    expect(idsOf(ann.view(id), bob.username)).toEqual(ofBob);
  });

  test('SIGTERM: a drain, a pause, and on without a loss', async () => {
    const { ann, bob, id, say } = await begin(server, createFastClock(5));
    await say(ann, 'before');
    expect(await server.kill('SIGTERM')).toBe(0);
    const during = say(ann, 'during');
    await server.start();
    await during;
    await say(bob, 'after');
    await expectLevel(id, [ann, bob], ['before', 'during', 'after']);
    expect(ann.states).not.toContain('signedOut');
  });

  test('after a restored backup the client knows that its past is not the server’s, and reads anew', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-backup-'));
    const file = path.join(folder, 'parley.backup');
    try {
      const { ann, bob, id, say } = await begin(server, createFastClock(5));
      for (let i = 0; i < 10; i++) await say(ann, `kept${i}`);
      await runCommand('backup', file, ...server.dataFlags, '--log-level', 'warn');
      for (let i = 0; i < 5; i++) await say(bob, `undone${i}`);
      await until('ann hears what will be undone', () => ann.told.includes('undone4'));
      await server.kill('SIGTERM');
      await runCommand('restore', file, '--force', ...server.dataFlags, '--log-level', 'warn');
      await server.start();
      for (const one of [ann, bob]) {
        await until(`${one.username} is told that the past is lost (${one.gaps})`, () => one.gaps.includes('lost'));
      }
      await say(bob, 'after');
      for (const one of [ann, bob]) {
        await until('the new message is there', () => one.view(id).some((line) => line.startsWith('11 after')));
        while (await one.client.loadOlder(id));
        expect(one.view(id)).toEqual(await wholeHistory(one.client, id));
      }
      expect(ann.view(id).map((line) => line.split(' ')[1])).toEqual([
        ...Array.from({ length: 10 }, (_, i) => `kept${i}`),
        'after',
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
