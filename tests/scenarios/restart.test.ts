import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createGroup,
  createPerson,
  historyOf,
  type Person,
  request,
  signIn,
  startSystem,
  type TestServer,
  textOf,
  until,
} from '../harness/index.ts';

describe('restarts in mid-conversation', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startSystem({ ownDatabase: true });
  });
  afterAll(() => server?.stop());

  /** Sends one message after the other over REST until told to stop, each id again until it is acknowledged. */
  function keepSending(person: Person, conversation: string) {
    const acknowledged: string[] = [];
    let stop = false;
    const done = (async () => {
      for (let i = 0; !stop; i++) {
        const body = { id: `m${i}`, content: { type: 'text', text: `m${i}` } };
        await until(`message ${i} is acknowledged`, async () => {
          const answer = await request(server, 'POST', `/conversations/${conversation}/messages`, {
            token: person.access,
            body,
          }).catch(() => null);
          return answer && (answer.status === 201 || answer.status === 200);
        });
        acknowledged.push(body.id);
      }
    })();
    const end = (): Promise<void> => {
      stop = true;
      return done;
    };
    return { acknowledged, end };
  }

  async function expectWhole(person: Person, conversation: string, acknowledged: readonly string[]): Promise<void> {
    const seen: { seq: number; id: string }[] = [];
    for (let after = 0; ; after = seen.length) {
      const page = await historyOf(person, conversation, `after=${after}&limit=200`);
      seen.push(...page);
      if (page.length < 200) break;
    }
    expect(seen.map((message) => message.seq)).toEqual(seen.map((_, i) => i + 1));
    expect(seen.map((message) => message.id)).toEqual(acknowledged);
  }

  test('kill -9 of the server: nothing acknowledged is lost, nothing is stored twice, live goes on', async () => {
    const [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
    const group = await createGroup(ann, [bob]);
    const sender = keepSending(ann, group.id);
    await until('fifty messages', () => sender.acknowledged.length >= 50);
    await server.kill('SIGKILL');
    await server.start();
    const count = sender.acknowledged.length;
    await until('fifty more', () => sender.acknowledged.length >= count + 50);
    await sender.end();
    await expectWhole(bob, group.id, sender.acknowledged);
    const back = await signIn(server, bob.username);
    const socket = await back.socket();
    await ann.must('POST', `/conversations/${group.id}/messages`, {
      id: 'live',
      content: { type: 'text', text: 'live again' },
    });
    expect(textOf(await socket.take('message'))).toBe('live again');
    socket.close();
  });

  test('PostgreSQL killed and brought back: sending waits or retries, nothing is lost, sockets stay and see everything', async () => {
    const [ann, bob] = [await createPerson(server, 'ann'), await createPerson(server, 'bob')];
    const group = await createGroup(ann, [bob]);
    const socket = await bob.socket();
    const sender = keepSending(ann, group.id);
    await until('fifty messages', () => sender.acknowledged.length >= 50);
    await server.killDatabase();
    const count = sender.acknowledged.length;
    await until('fifty more', () => sender.acknowledged.length >= count + 50);
    await sender.end();
    await expectWhole(bob, group.id, sender.acknowledged);
    await socket.take('message', (frame) => frame.id === sender.acknowledged.at(-1));
    const live = socket.frames.filter((frame) => frame.op === 'message').map((frame) => frame.id);
    expect(live).toEqual(sender.acknowledged);
    socket.close();
  });

  test('SIGTERM drains: sockets are told to come back, the exit code is 0, and a second start shows everything', async () => {
    const ann = await createPerson(server, 'ann');
    const group = await createGroup(ann, []);
    await ann.must('POST', `/conversations/${group.id}/messages`, { id: 'm', content: { type: 'text', text: 'kept' } });
    const socket = await ann.socket();
    expect(await server.kill('SIGTERM')).toBe(0);
    expect(await socket.closed()).toBe(4000);
    expect(socket.frames.at(-1)).toMatchObject({ op: 'drain', reconnectInMs: expect.any(Number) });
    await server.start();
    expect((await historyOf(ann, group.id)).map(textOf)).toEqual(['kept']);
  });

  // The last one: it ends the server.
  test('before a planned end everybody is told when to come back, then closed with 4000', async () => {
    const ann = await createPerson(server, 'ann');
    const sockets = await Promise.all(Array.from({ length: 20 }, () => ann.socket()));
    const ended = server.kill('SIGTERM');
    const delays = await Promise.all(
      sockets.map(async (socket) => (await socket.take('drain')).reconnectInMs as number),
    );
    for (const socket of sockets) expect(await socket.closed()).toBe(4000);
    expect(new Set(delays).size, 'spread').toBeGreaterThan(10);
    for (const delay of delays) expect(delay).toBeLessThanOrEqual(1_000);
    expect(await ended).toBe(0);
    await until('the port is closed', () =>
      fetch(`${server.url}/api/v1/status`).then(
        () => null,
        () => true,
      ),
    );
  });
});
