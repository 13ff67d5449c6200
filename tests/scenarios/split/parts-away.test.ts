import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  type Cluster,
  createFastClock,
  createGroup,
  createPerson,
  createSdkPerson,
  expectAway,
  findEngines,
  historyOf,
  type Message,
  type NetworkProxy,
  type Person,
  password,
  RawSocket,
  readReady,
  readStatus,
  request,
  sendText,
  signIn,
  standStill,
  startProxy,
  startSplit,
  until,
} from '../../harness/index.ts';

describe('while a part does not answer', () => {
  let redis: NetworkProxy;
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;
  let group: string;

  beforeAll(async () => {
    const engines = findEngines();
    redis = await startProxy(() => engines.redis);
    cluster = await startSplit({ ...engines, redis: redis.url.replace('http', 'redis') });
    ann = await createPerson(cluster, 'ann');
    bob = await createPerson(cluster, 'bob');
    group = (await createGroup(ann, [bob])).id;
    await sendText(ann, group, 'before');
  });
  afterAll(async () => {
    await cluster?.stop();
    await redis?.close();
  });

  /** What a new socket ends with: `ready`, or the code it is closed with. */
  async function knock(): Promise<string | number> {
    const socket = await RawSocket.open(cluster.url, { token: ann.access });
    const end = await until(
      'ready or closed',
      () => socket.closeCode ?? socket.frames.find(({ op }) => op === 'ready')?.op,
    );
    socket.close();
    return end;
  }

  const without = (which: string, during: () => Promise<void>) => standStill(cluster, which, during);

  const partOf = async (part: string) => (await readStatus(cluster)).services[part]?.status;

  /** Asks until it is not refused for now; nothing but that may be said meanwhile. */
  async function insist<T>(method: string, path: string, body?: unknown): Promise<T> {
    return until(`${method} ${path}`, async () => {
      const answer = await ann.api<T>(method, path, body);
      if (answer.status < 400) return answer.body;
      expectAway(answer as Answer);
      return null;
    });
  }

  test('identity: who is signed in reads and sends, by token and by cookie; who opens a socket is told to come back', async () => {
    const signedIn = await request(cluster, 'POST', '/sessions', {
      body: { login: ann.username, password, cookie: true },
    });
    const headers = { cookie: (signedIn.headers.get('set-cookie') ?? '').split(';')[0] as string };
    const messages = `/conversations/${group}/messages?limit=200`;
    // Both gateways have seen the cookie once; which of them answers is for nginx to choose.
    for (let i = 0; i < 8; i++) expect((await request(cluster, 'GET', messages, { headers })).status).toBe(200);
    const socket = await bob.socket();
    await without('identity', async () => {
      const sent = await sendText(ann, group, 'without identity');
      expect((await socket.take('message', ({ seq }) => seq === sent.seq)).seq).toBe(sent.seq);
      const byCookie = await request<{ items: Message[] }>(cluster, 'GET', messages, { headers });
      expect([byCookie.status, byCookie.body.items?.at(-1)?.seq]).toEqual([200, sent.seq]);
      expect((await request(cluster, 'GET', messages, { token: 'x.y.z' })).body).toMatchObject({
        code: 'token.invalid',
      });
      expect(await knock()).toBe(4003);
      expect(socket.closeCode).toBeNull();
    });
    await until('a socket opens again', async () => (await knock()) === 'ready');
    socket.close();
  });

  test('people: histories are read, messages sent and heard, sockets opened; names come back by themselves', async () => {
    const socket = await bob.socket();
    await without('people', async () => {
      const sent = await sendText(ann, group, 'without people');
      expect((await socket.take('message', ({ seq }) => seq === sent.seq)).seq).toBe(sent.seq);
      expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq, sender: { id: ann.id } });
      const fresh = await ann.socket();
      fresh.close();
      expect((await ann.api('GET', '/conversations')).status).toBe(200);
    });
    await until('names are read again', async () =>
      (await historyOf(bob, group)).every(({ sender }) => sender.username === ann.username),
    );
    socket.close();
  });

  test('the registry: open sockets stay, messages are taken and are in history; once it is back they are heard', async () => {
    const socket = await bob.socket();
    redis.refuse();
    redis.cut();
    await until('nobody new gets in', async () => (await knock()) === 4003);
    const sent = await sendText(ann, group, 'without the registry');
    expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq });
    expect((await ann.api('GET', '/conversations')).status).toBe(200);
    expect(socket.closeCode).toBeNull();
    await until('the status tells', async () => (await partOf('registry')) === 'down');
    await until('the router is not ready', async () => !(await readReady(cluster, 'router')).includes(true));
    expect(await readReady(cluster, 'gateway')).not.toContain(false);
    redis.accept();
    expect((await socket.take('message', ({ seq }) => seq === sent.seq)).seq).toBe(sent.seq);
    await until('a socket opens again', async () => (await knock()) === 'ready');
    await until('the router is ready', async () => !(await readReady(cluster, 'router')).includes(false));
    expect(socket.closeCode).toBeNull();
    socket.close();
  });

  test('one of two chat: what it was asked is refused for now, then the other one answers; nothing is lost or stored twice', async () => {
    const chats = async () => (await readStatus(cluster)).services.chat?.instances;
    const groups = await Promise.all(Array.from({ length: 6 }, async () => (await createGroup(ann, [bob])).id));
    const draft = { id: 'meanwhile', content: { type: 'text', text: 'meanwhile' } };
    await without('chat-1', async () => {
      const send = (id: string) => insist<Message>('POST', `/conversations/${id}/messages`, draft);
      expect((await Promise.all(groups.map(send))).map(({ seq }) => seq)).toEqual(groups.map(() => 1));
      await until('the status tells', async () => (await chats()) === 1);
    });
    await until('it is back', async () => (await chats()) === 2);
    for (const id of groups) expect((await historyOf(bob, id)).map((message) => message.id)).toEqual([draft.id]);
  });

  test('both chat: histories and sends are refused for now; signing in, profiles and open sockets go on', async () => {
    const socket = await bob.socket();
    await without('chat', async () => {
      const refused = [ann.api('GET', `/conversations/${group}/messages`), ann.api('GET', '/conversations')];
      for (const answer of await Promise.all(refused)) expectAway(answer);
      await signIn(cluster, ann.username);
      expect((await ann.api('GET', `/users?query=${bob.username}`)).status).toBe(200);
      expect((await readStatus(cluster)).status).toBe('down');
      expect(socket.closeCode).toBeNull();
    });
    const sent = await insist<Message>('POST', `/conversations/${group}/messages`, {
      id: 'after chat',
      content: { type: 'text', text: 'after chat' },
    });
    await socket.take('message', ({ seq }) => seq === sent.seq);
    socket.close();
  });

  test.each(['relay', 'router'])(
    '%s: what is sent is stored and in history; once it is back it is heard',
    async (target) => {
      const socket = await bob.socket();
      let seq = 0;
      await without(target, async () => {
        ({ seq } = await sendText(ann, group, `without ${target}`));
        expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq });
        await until('the status tells, and of nothing else', async () => {
          const { status, services } = await readStatus(cluster);
          return status === 'degraded' && services[target]?.status === 'down';
        });
        const fresh = await ann.socket();
        fresh.close();
      });
      await socket.take('message', (frame) => frame.seq === seq);
      expect(socket.closeCode).toBeNull();
      socket.close();
    },
  );

  test('discovery: calls go to those last known, new sockets and sign-ins too', async () => {
    const socket = await bob.socket();
    await without('discovery', async () => {
      await until('the status tells', async () => (await partOf('discovery')) === 'down');
      await until('callers know', async () => (await partOf('directory')) !== 'ok');
      const sent = await sendText(ann, group, 'without discovery');
      await socket.take('message', ({ seq }) => seq === sent.seq);
      expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq });
      const fresh = await (await signIn(cluster, ann.username)).socket();
      fresh.close();
    });
    await until('the status is well again', async () => (await readStatus(cluster)).status === 'ok');
    socket.close();
  });

  test('one of two gateways: what it was asked is refused for now, the other one answers', async () => {
    await without('gateway-1', async () => {
      for (let i = 0; i < 6; i++) await insist('GET', `/conversations/${group}/messages?limit=1`);
      await sendText(ann, group, 'through the other gateway');
    });
  });

  test('one of two realtimes: its clients notice, come back at the other one and have missed nothing', async () => {
    const clock = createFastClock(10);
    // So many that both have some of them: where each lands is for nginx to choose.
    const names = ['cat', 'dan', 'eli', 'fay', 'gus', 'hal'];
    const people = await Promise.all(names.map((name) => createSdkPerson(cluster.url, name, { clock })));
    await Promise.all(people.map((person) => person.connected()));
    const { id } = await createGroup(ann, [bob], { members: people.map((person) => person.id) });
    for (const { client } of people) await until('joined', () => client.conversation(id));
    await without('realtime-1', async () => {
      const sent = await sendText(ann, id, 'without one realtime');
      for (const { told, states } of people) {
        await until(`heard (${states})`, () => told.includes(sent.id));
        expect(told.filter((each) => each === sent.id)).toHaveLength(1);
      }
      for (const { client } of people) await until('online', () => client.state === 'online');
      const opened = people.flatMap(({ states }) => states.filter((state) => state === 'online'));
      expect(opened.length).toBeGreaterThan(people.length);
    });
    for (const { client } of people) client.close();
  });
});
