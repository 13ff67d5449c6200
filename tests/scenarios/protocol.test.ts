import { randomUUID } from 'node:crypto';
import { serverFrames } from '@parley/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Conversation,
  createGroup,
  createPerson,
  createSdkPerson,
  type Frame,
  type Person,
  password,
  RawSocket,
  request,
  type System,
  sendText,
  shareSystem,
  uniqueName,
  until,
} from '../harness/index.ts';

/** What the native protocol says in so many words, as a client that knows nothing else of us would find it. */
describe('the native protocol', () => {
  let server: System;
  let ann: Person;
  let bob: Person;
  let group: Conversation;

  beforeAll(async () => {
    server = await shareSystem();
    ann = await createPerson(server, 'ann');
    bob = await createPerson(server, 'bob');
    group = await createGroup(ann, [bob], { history: 'all' });
  });

  const messageFields = [
    ...['conversation', 'seq', 'rev', 'id', 'sender', 'content', 'replyTo', 'thread', 'mentions', 'createdAt'],
    ...['editedAt', 'deletedAt', 'reactions', 'pinned'],
  ];
  const conversationFields = [
    ...['id', 'kind', 'name', 'topic', 'avatar', 'visibility', 'history', 'epoch', 'lastSeq', 'lastRev', 'role'],
    ...['unread', 'mentions', 'delivered', 'read', 'muted', 'archived', 'pinned', 'lastMessage'],
    ...['createdAt', 'updatedAt'],
  ];
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const at = () => `/conversations/${group.id}`;

  describe('REST', () => {
    test('sign-up and sign-in: account, tokens, and the cookie only when asked for', async () => {
      const username = uniqueName('carol');
      const phone = '+49 30 901-820';
      const body = { username, password, name: 'Carol', phone };
      const up = await request(server, 'POST', '/accounts', { body: { ...body, cookie: true } });
      expect(up.status).toBe(201);
      expect(up.body.account).toMatchObject({ kind: 'person', username, email: null, phone, name: 'Carol' });
      expect(up.headers.get('set-cookie')).toMatch(/^parley_session=[^;]+; Path=\/; HttpOnly; SameSite=Lax/);
      for (const [name, kind] of Object.entries({ access: 'string', refresh: 'string', expiresIn: 'number' })) {
        expect(typeof (up.body.tokens as Record<string, unknown>)[name], name).toBe(kind);
      }
      const signIn = await request(server, 'POST', '/sessions', {
        body: { login: username, password, device: 'Phone' },
      });
      expect([signIn.status, signIn.headers.get('set-cookie')]).toEqual([201, null]);
      const { access: token } = signIn.body.tokens as { access: string };
      expect((await request(server, 'GET', '/me', { token })).body).toMatchObject({ username, phone });
      expect(await ann.must('GET', `/users/@${username}`)).not.toHaveProperty('phone');
      const { items } = (await request(server, 'GET', '/sessions', { token })).body as { items: Frame[] };
      expect(items.map(({ device, current }) => [device, current])).toEqual([
        ['Phone', true],
        [null, false],
      ]);
      expect(items[0]).toMatchObject({ address: expect.any(String), lastSeenAt: expect.stringMatching(time) });
    });

    test('a conversation has every field of the protocol, in the list and alone', async () => {
      await sendText(ann, group.id, 'hello');
      const { items } = await bob.must<{ items: Frame[] }>('GET', '/conversations');
      const alone = await bob.must<Frame>('GET', at());
      for (const shown of [items.find(({ id }) => id === group.id) as Frame, alone]) {
        for (const field of conversationFields) expect(shown, field).toHaveProperty(field);
        expect(Object.keys(shown.lastMessage as object)).toEqual(messageFields);
        expect(shown.createdAt).toMatch(time);
      }
    });

    test('201 for what is new, 200 for what was there, 204 for what has no answer', async () => {
      const direct = { kind: 'direct', members: [`@${bob.username}`] };
      const message = { id: 'status', content: { type: 'text', text: 'one' } };
      const carol = await createPerson(server, 'carol');
      const matrix: [number, Person, string, string, object?][] = [
        [201, ann, 'POST', '/conversations', direct],
        [200, ann, 'POST', '/conversations', direct],
        [200, bob, 'POST', '/conversations', { kind: 'direct', members: [ann.id] }],
        [201, ann, 'POST', `${at()}/messages`, message],
        [200, ann, 'POST', `${at()}/messages`, message],
        [409, ann, 'POST', `${at()}/messages`, { ...message, content: { type: 'text', text: 'other' } }],
        [403, carol, 'POST', `${at()}/messages`, message],
        [404, carol, 'GET', at()],
        [404, carol, 'GET', `${at()}/messages`],
        [201, ann, 'PUT', `${at()}/members/${carol.id}`, { role: 'member' }],
        [200, ann, 'PUT', `${at()}/members/${carol.id}`, { role: 'reader' }],
        [403, carol, 'POST', `${at()}/messages`, { ...message, id: 'reader' }],
        [204, carol, 'DELETE', `${at()}/members/${carol.id}`],
        [200, ann, 'PATCH', `${at()}/messages/1`, { content: { type: 'text', text: 'edited' } }],
        [403, bob, 'PATCH', `${at()}/messages/1`, { content: { type: 'text', text: 'edited' } }],
        [204, bob, 'PUT', `${at()}/messages/1/reactions/${encodeURIComponent('👍')}`],
        [204, bob, 'DELETE', `${at()}/messages/1/reactions/${encodeURIComponent('👍')}`],
        [204, ann, 'PUT', `${at()}/messages/1/pin`],
        [204, ann, 'DELETE', `${at()}/messages/1/pin`],
        [204, bob, 'PUT', `${at()}/receipts`, { delivered: 1 }],
        [204, bob, 'PUT', `${at()}/preferences`, { mutedUntil: null, archived: false, pinned: true, notify: 'none' }],
        [204, ann, 'PUT', `/me/contacts/${bob.id}`],
        [204, ann, 'DELETE', `/me/contacts/${bob.id}`],
        [204, ann, 'DELETE', `${at()}/messages/1`],
        [400, ann, 'GET', `${at()}/messages?limit=201`],
        [400, ann, 'POST', `${at()}/messages`, { ...message, extra: 1 }],
      ];
      const found: unknown[] = [];
      for (const [, who, method, path, body] of matrix) {
        found.push([(await who.api(method, path, body)).status, method, path]);
      }
      expect(found).toEqual(matrix.map(([status, , method, path]) => [status, method, path]));
    });

    test('a repeat gets the first answer, also of what is not compared', async () => {
      const [first, other] = [await sendText(ann, group.id, 'a'), await sendText(ann, group.id, 'b')];
      const send = (over: object) =>
        ann.api('POST', `${at()}/messages`, { id: 'again', content: { type: 'text', text: 'x' }, ...over });
      const sent = await send({ replyTo: first.seq, mentions: [bob.id] });
      const repeated = await send({ replyTo: other.seq });
      expect([sent.status, repeated.status]).toEqual([201, 200]);
      expect(repeated.body).toEqual(sent.body);
    });

    test('a failure is a problem with its code', async () => {
      const missing = await ann.api('GET', `/users/${randomUUID()}`);
      expect(missing.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(missing.body).toMatchObject({ status: 404, code: 'account.unknown' });
      for (const field of ['type', 'title', 'detail']) expect(missing.body[field], field).toEqual(expect.any(String));
    });
  });

  describe('the socket', () => {
    test('ready, then an answer to each frame with its ref; live frames in the published shape, op first', async () => {
      const [a, b] = [await ann.socket(), await bob.socket()];
      const raw: string[] = [];
      b.socket.on('message', (data) => raw.push(String(data)));
      expect(a.frames[0]).toMatchObject({
        op: 'ready',
        user: { id: ann.id, username: ann.username },
        heartbeatMs: 25_000,
        limits: expect.any(Object),
        features: expect.any(Array),
      });
      const send = (ref: number, over: object) =>
        a.ask({
          op: 'send',
          ref,
          conversation: group.id,
          id: `s${ref}`,
          content: { type: 'text', text: 'x' },
          ...over,
        });
      const sent = await send(1, {});
      expect(Object.keys(sent)).toEqual(['op', 'ref', 'conversation', 'id', 'seq', 'rev', 'createdAt']);
      expect(await send(2, { ephemeral: true })).toMatchObject({ op: 'sent', seq: null, rev: null });
      expect(await send(3, { extra: 1 })).toMatchObject({ op: 'error', code: 'request.invalid', retryable: false });
      expect(await send(4, { conversation: randomUUID() })).toMatchObject({ code: 'conversation.forbidden' });
      expect(await a.ask({ op: 'unheard-of', ref: 'five' })).toMatchObject({ op: 'error', code: 'request.invalid' });
      expect(await a.ask({ op: 'ping', ref: 6 })).toEqual({ op: 'pong', ref: 6 });
      const base = `${at()}/messages/${sent.seq}`;
      await ann.must('PATCH', base, { content: { type: 'text', text: 'y' } });
      await bob.must('PUT', `${base}/reactions/${encodeURIComponent('👍')}`);
      await ann.must('PUT', `${base}/pin`);
      await ann.must('DELETE', base);
      const avatar = 'https://example.org/news.png';
      await ann.must('PATCH', at(), { topic: 'News', avatar });
      const last = await b.take('conversation');
      expect(last).toMatchObject({ change: 'updated', conversation: { id: group.id, topic: 'News', avatar } });
      // what was done before may still have been on its way when the socket was opened
      const durable = b.frames.filter((frame) => Number(frame.rev ?? 0) >= (sent.rev as number));
      expect(durable.map(({ op }) => op)).toEqual([
        'message',
        'edited',
        'reaction',
        'pinned',
        'deleted',
        'conversation',
      ]);
      expect(durable.map(({ rev }) => rev)).toEqual(durable.map((_, i) => (sent.rev as number) + i));
      for (const frame of b.frames) {
        expect(serverFrames[frame.op as keyof typeof serverFrames].parse(frame), frame.op).toEqual(frame);
      }
      for (const text of raw) expect(text).toMatch(/^\{"op":"/);
      expect(Object.keys(durable[0] as Frame)).toEqual(['op', ...messageFields]);
      for (const socket of [a, b]) socket.close();
    });

    test('typing goes to the others, not to any device of who types', async () => {
      const [a, a2, b] = [await ann.socket(), await ann.socket(), await bob.socket()];
      a.send({ op: 'typing', conversation: group.id, on: true });
      expect(await b.take('typing')).toEqual({ op: 'typing', conversation: group.id, user: ann.id, on: true });
      for (const socket of [a, a2]) await socket.settle();
      expect([...a.frames, ...a2.frames].filter(({ op }) => op === 'typing')).toEqual([]);
      for (const socket of [a, a2, b]) socket.close();
    });

    test('receipts gather: of many in a moment one frame goes out, with the highest', async () => {
      const { seq } = await sendText(ann, group.id, 'read me');
      const [a, b] = [await ann.socket(), await bob.socket()];
      for (let read = 1; read <= seq; read++) b.send({ op: 'receipt', conversation: group.id, delivered: seq, read });
      const receipt = await a.take('receipt', ({ read }) => read === seq);
      expect(receipt).toEqual({ op: 'receipt', conversation: group.id, user: bob.id, delivered: seq, read: seq });
      expect(a.frames.filter(({ op }) => op === 'receipt').length).toBeLessThanOrEqual(2);
      for (const socket of [a, b]) socket.close();
    });

    test('presence: the present state at once, then who comes and who has gone, with the time', async () => {
      const [carol, b] = [await createPerson(server, 'carol'), await bob.socket()];
      b.send({ op: 'presence', ref: 3, watch: [carol.id] });
      const of = (state: string) => b.take('presence', (frame) => frame.user === carol.id && frame.state === state);
      expect(await of('offline')).toEqual({ op: 'presence', user: carol.id, state: 'offline', lastSeen: null });
      const c = await carol.socket();
      expect(await of('online')).toMatchObject({ lastSeen: null });
      c.close();
      expect((await of('offline')).lastSeen).toMatch(time);
      b.send({ op: 'presence', watch: [] });
      await b.settle();
      b.close();
    });

    test('auth again keeps the connection; what it is refused for comes ahead of the close', async () => {
      const a = await ann.socket();
      expect(await a.ask({ op: 'auth', ref: 1, token: ann.access })).toMatchObject({ op: 'renewed' });
      expect(await a.ask({ op: 'auth', ref: 2, token: bob.access })).toMatchObject({ code: 'actor.mismatch' });
      expect(a.closeCode).toBe(null);
      expect(await a.ask({ op: 'auth', ref: 3, token: 'nonsense' })).toMatchObject({ code: 'token.invalid' });
      expect(await a.closed()).toBe(4502);
    });

    test.each([
      [4500, '{'],
      [4500, '[]'],
      [4500, Buffer.from('{}')],
      [4503, JSON.stringify({ op: 'ping', ref: 'x'.repeat(256 * 1024) })],
    ])('closes with %i what cannot be read', async (code, data) => {
      const socket = await bob.socket();
      socket.send(data);
      expect(await socket.closed()).toBe(code);
    });

    test('a wrong credential closes with 4502 after an error; an upgrade for another subprotocol is refused', async () => {
      const wrong = await RawSocket.open(server.url, { token: 'nonsense' });
      expect(await wrong.closed()).toBe(4502);
      expect(wrong.frames).toMatchObject([{ op: 'error', code: 'token.invalid' }]);
      await expect(RawSocket.open(server.url, { token: ann.access, protocols: ['other'] })).rejects.toThrow('400');
      const plain = (await (await fetch(`${server.url}/realtime`)).json()) as { code: string; detail: string };
      expect(plain).toMatchObject({ code: 'request.invalid', detail: expect.stringContaining('WebSocket') });
    });

    test('a large list comes in chunks that cover all conversations once', async () => {
      const dora = await createPerson(server, 'dora');
      const ids = new Set<string>();
      for (let i = 0; i < 520; i += 20) {
        const some = Array.from({ length: 20 }, () => createGroup(dora, []));
        for (const { id } of await Promise.all(some)) ids.add(id);
      }
      const socket = await dora.socket();
      socket.send({ op: 'resume', ref: 9 });
      await socket.take('resumed', ({ more }) => more === undefined);
      const chunks = socket.frames.filter(({ op }) => op === 'resumed');
      expect(chunks.map(({ ref, more }) => [ref, more])).toEqual([
        [9, true],
        [9, undefined],
      ]);
      const told = chunks.flatMap(({ conversations }) => Object.keys(conversations as object));
      expect(told.sort()).toEqual([...ids].sort());
      socket.close();
    });

    test('the SDK keeps level with its own role, the settings and the number of members', async () => {
      const eve = await createSdkPerson(server.url, 'eve');
      await eve.connected();
      const shown = () => eve.client.conversation(group.id)?.summary;
      await ann.must('PUT', `${at()}/members/${eve.id}`, { role: 'member' });
      const before = (await until('eve is a member', shown)).memberCount;
      await ann.must('PUT', `${at()}/members/${eve.id}`, { role: 'admin' });
      await until('eve is an admin', () => shown()?.role === 'admin');
      const frank = await createPerson(server, 'frank');
      await ann.must('PUT', `${at()}/members/${frank.id}`, { role: 'member' });
      await until('one more', () => shown()?.memberCount === before + 1);
      await ann.must('PATCH', at(), { name: 'Renamed' });
      await frank.must('DELETE', `${at()}/members/${frank.id}`);
      await until('one less', () => shown()?.memberCount === before);
      expect(shown()?.name).toBe('Renamed');
      expect(eve.gaps).toEqual([]);
      eve.client.close();
    });
  });
});
