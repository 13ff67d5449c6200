import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  createGroup,
  createPerson,
  expectAway,
  findEngines,
  historyOf,
  type Person,
  password,
  readReady,
  readStatus,
  request,
  sendText,
  startSplit,
  until,
} from '../../harness/index.ts';

/** One database of an engine that the others go on using. */
describe('while the database of one service is away', () => {
  let cluster: Cluster;
  let admin: pg.Client;
  let ann: Person;
  let bob: Person;
  let group: string;

  beforeAll(async () => {
    const engines = findEngines();
    cluster = await startSplit(engines);
    admin = new pg.Client({ connectionString: engines.postgres });
    await admin.connect();
    ann = await createPerson(cluster, 'ann');
    bob = await createPerson(cluster, 'bob');
    group = (await createGroup(ann, [bob])).id;
    await sendText(ann, group, 'before everything');
  });
  afterAll(async () => {
    await admin?.end();
    await cluster?.stop();
  });

  const urlOf = (service: string): string =>
    cluster.dataFlags[cluster.dataFlags.indexOf(`--${service}-database-url`) + 1] as string;

  /** Nobody may connect, and who is connected is put out: services, and the relay's stream. */
  async function without(service: string, during: () => Promise<void>): Promise<void> {
    const name = new URL(urlOf(service)).pathname.slice(1);
    await admin.query(`alter database "${name}" allow_connections false`);
    try {
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      await until('the status tells', async () => (await partOf(`database-${service}`)) === 'down');
      await until('it is not ready', async () => !(await readReady(cluster, service)).includes(true));
      await during();
    } finally {
      await admin.query(`alter database "${name}" allow_connections true`);
    }
    await until('the status tells', async () => (await partOf(`database-${service}`)) === 'ok');
    await until('it is ready', async () => !(await readReady(cluster, service)).includes(false));
  }

  const partOf = async (part: string) => (await readStatus(cluster)).services[part]?.status;
  const signIn = () => request(cluster, 'POST', '/sessions', { body: { login: ann.username, password } });

  test('identity: who is signed in reads, sends and hears; signing in is refused for now', async () => {
    const socket = await bob.socket();
    await without('identity', async () => {
      const sent = await sendText(ann, group, 'without the database of identity');
      await socket.take('message', ({ seq }) => seq === sent.seq);
      expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq });
      expectAway(await signIn());
      expect(socket.closeCode).toBeNull();
    });
    expect((await signIn()).status).toBe(201);
    socket.close();
  });

  test('people: histories, sending, live delivery and new sockets; profiles are refused for now', async () => {
    const socket = await bob.socket();
    await without('people', async () => {
      const sent = await sendText(ann, group, 'without the database of people');
      await socket.take('message', ({ seq }) => seq === sent.seq);
      expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq });
      const fresh = await ann.socket();
      fresh.close();
      expectAway(await ann.api('GET', `/users?query=${bob.username}`));
    });
    expect((await ann.api('GET', `/users?query=${bob.username}`)).status).toBe(200);
    socket.close();
  });

  test('chat: signing in, profiles, open sockets; histories and sends are refused for now, and a send is taken later', async () => {
    const socket = await bob.socket();
    const messages = `/conversations/${group}/messages`;
    const draft = { id: 'while-away', content: { type: 'text', text: 'without the database of chat' } };
    await without('chat', async () => {
      expect((await readStatus(cluster)).status).toBe('down');
      expect((await signIn()).status).toBe(201);
      expect((await ann.api('GET', `/users?query=${bob.username}`)).status).toBe(200);
      const refused = [ann.api('GET', messages), ann.api('POST', messages, draft), ann.api('GET', '/conversations')];
      for (const answer of await Promise.all(refused)) expectAway(answer);
      expect(socket.closeCode).toBeNull();
    });
    const { seq } = await ann.must<{ seq: number }>('POST', messages, draft);
    await socket.take('message', (frame) => frame.seq === seq);
    expect((await historyOf(bob, group)).filter(({ id }) => id === draft.id)).toHaveLength(1);
    socket.close();
  });

  test('search, whose table is held: messages are sent, heard and in history; it finds what it has, and the rest later', async () => {
    const socket = await bob.socket();
    const search = async (q: string) => (await bob.must<{ items: object[] }>('GET', `/search?q=${q}`)).items.length;
    await until('it is found', async () => (await search('everything')) === 1);
    const holder = new pg.Client({ connectionString: urlOf('chat') });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('lock table chat.search in exclusive mode');
      const sent = await sendText(ann, group, 'somethingnew');
      await socket.take('message', ({ seq }) => seq === sent.seq);
      expect((await historyOf(bob, group)).at(-1)).toMatchObject({ seq: sent.seq });
      expect([await search('everything'), await search('somethingnew')]).toEqual([1, 0]);
    } finally {
      await holder.end();
    }
    await until('it is found', async () => (await search('somethingnew')) === 1);
    socket.close();
  });
});
