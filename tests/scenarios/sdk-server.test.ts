import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createFastClock,
  createSdkPerson,
  runCommand,
  type SdkPerson,
  type ServerOptions,
  startSystem,
  type TestServer,
  until,
  wholeHistory,
} from '../harness/index.ts';

/** The SDK against servers that are not as the others: short tokens, another past. */
describe('the SDK and its server', () => {
  let server: TestServer | undefined;
  const people: SdkPerson[] = [];

  afterEach(async () => {
    for (const { client } of people.splice(0)) client.close();
    await server?.stop();
  });

  async function begin(options: ServerOptions, clock?: ReturnType<typeof createFastClock>) {
    const started = await startSystem(options);
    server = started;
    for (const name of ['ann', 'bob']) people.push(await createSdkPerson(started.url, name, clock ? { clock } : {}));
    const [ann, bob] = people as [SdkPerson, SdkPerson];
    for (const one of [ann, bob]) await one.connected();
    const { id } = await ann.client.api.createConversation({ kind: 'group', name: 'g', members: [bob.id] });
    for (const one of [ann, bob]) await until('both know the conversation', () => one.client.conversation(id));
    const say = (who: SdkPerson, text: string) => who.client.send(id, { type: 'text', text }, { id: text }).sent;
    return { server: started, ann, bob, id, say };
  }

  test('a token that ends is replaced under the open connection, which stays', async () => {
    const { ann, bob, id, say } = await begin({ flags: { 'access-token-seconds': '6' } });
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

  test('after a restored backup the client knows that its past is not the server’s, and reads anew', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parley-backup-'));
    const file = path.join(folder, 'parley.backup');
    try {
      const { server: running, ann, bob, id, say } = await begin({}, createFastClock(5));
      for (let i = 0; i < 10; i++) await say(ann, `kept${i}`);
      await runCommand('backup', file, ...running.dataFlags, '--log-level', 'warn');
      for (let i = 0; i < 5; i++) await say(bob, `undone${i}`);
      await until('ann hears what will be undone', () => ann.told.includes('undone4'));
      await running.kill('SIGTERM');
      await runCommand('restore', file, '--force', ...running.dataFlags, '--log-level', 'warn');
      await running.start();
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
