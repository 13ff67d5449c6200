import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createGroup,
  createPerson,
  historyOf,
  type Person,
  request,
  sendText,
  startServer,
  startSystem,
  type TestServer,
  textOf,
  topology,
  until,
} from '../harness/index.ts';

const flags = { ingest: 'queue', 'ingest-producers': '2', 'ingest-consumers': '2' };

describe(`--ingest queue (${topology})`, () => {
  test('needs a bus that outlives the process', async () => {
    await expect(startServer({ flags })).rejects.toThrow('--ingest queue needs a queue that outlives the process');
  });
});

if (topology === 'split') {
  describe('messages that go through the queue of drafts', () => {
    let server: TestServer;
    let ann: Person;
    let bob: Person;
    beforeAll(async () => {
      server = await startSystem({ flags });
      ann = await createPerson(server, 'ann');
      bob = await createPerson(server, 'bob');
    });
    afterAll(() => server?.stop());

    test('are in history when they are acknowledged, in the order of each sender, and reach everybody', async () => {
      const { id } = await createGroup(ann, [bob]);
      const socket = await bob.socket();
      await Promise.all(
        [ann, bob].map(async (person) => {
          for (let n = 0; n < 30; n++) {
            const sent = await sendText(person, id, `${person.username} ${n}`);
            const [newest] = await historyOf(person, id, `after=${sent.seq - 1}&limit=1`);
            expect(newest).toMatchObject({ id: sent.id, seq: sent.seq });
          }
        }),
      );
      const history = await historyOf(bob, id);
      expect(history.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
      for (const { username } of [ann, bob]) {
        const own = history.map(textOf).filter((text) => text?.startsWith(username));
        expect(own).toEqual(Array.from({ length: 30 }, (_, n) => `${username} ${n}`));
      }
      const heard = new Set<number>();
      await until('bob has heard of all', async () => {
        const frame = await socket.take('message');
        heard.add(frame.seq as number);
        return heard.size === 60;
      });
      socket.close();
    });

    test('are answered as ever when they are repeated, in conflict, or not allowed', async () => {
      const { id } = await createGroup(ann, []);
      const first = await sendText(ann, id, 'one', 'x');
      const path = `/conversations/${id}/messages`;
      const again = await ann.api('POST', path, { id: 'x', content: { type: 'text', text: 'one' } });
      expect(again).toMatchObject({ status: 200, body: { seq: first.seq } });
      const other = await ann.api('POST', path, { id: 'x', content: { type: 'text', text: 'two' } });
      expect(other).toMatchObject({ status: 409, body: { code: 'message.conflict' } });
      const body = { id: 'y', content: { type: 'text', text: 'hello' } };
      expect((await request(server, 'POST', path, { token: bob.access, body })).status).toBe(403);
    });
  });
}
