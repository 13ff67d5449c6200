import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  createGroup,
  createPerson,
  findEngines,
  historyOf,
  type Message,
  type NetworkProxy,
  type Person,
  password,
  RawSocket,
  request,
  sendText,
  startProxy,
  startSplit,
  until,
} from '../../harness/index.ts';

/** A process that is stopped keeps its port and answers nobody, which is worse than dead. */
describe('while a part does not answer', () => {
  let redis: NetworkProxy;
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;
  let group: string;
  let stopped: number[] = [];

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
    signal('SIGCONT');
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

  function signal(name: 'SIGCONT'): void {
    for (const pid of stopped) process.kill(pid, name);
    stopped = [];
  }

  /** Runs `during` while every process of the target stands still. */
  async function without(target: string, during: () => Promise<void>): Promise<void> {
    stopped = cluster.processes().flatMap(({ pid, planned }) => (planned?.target === target && pid ? [pid] : []));
    expect(stopped.length).toBeGreaterThan(0);
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    try {
      await during();
    } finally {
      signal('SIGCONT');
    }
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
    redis.accept();
    expect((await socket.take('message', ({ seq }) => seq === sent.seq)).seq).toBe(sent.seq);
    await until('a socket opens again', async () => (await knock()) === 'ready');
    expect(socket.closeCode).toBeNull();
    socket.close();
  });
});
