import type { connect } from 'node:net';
import { serverFrames } from '@parley/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  alice,
  aliceCookie,
  aliceToken,
  conversation,
  foreign,
  type NativeServer,
  startNativeServer,
} from '../../../../test-support/native-server.ts';

let server: NativeServer;
const open: WebSocket[] = [];

beforeAll(async () => {
  server = await startNativeServer({ authTimeoutMs: 60_000 });
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});
afterAll(() => server.close());

interface Client {
  readonly socket: WebSocket;
  /** The next frame, checked against the published schema. */
  next(): Promise<Record<string, unknown>>;
  readonly closed: Promise<{ code: number; reason: string }>;
  say(frame: object | string): void;
  /** What has come and nobody has asked for. */
  unread(): readonly string[];
}

function dial(url: string, headers: Record<string, string> = {}, protocols: string[] = ['parley.v1']): Client {
  const socket = new WebSocket(url, protocols, { headers });
  open.push(socket);
  const frames: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const text = data.toString();
    const take = waiting.shift();
    if (take) take(text);
    else frames.push(text);
  });
  socket.on('error', () => {});
  return {
    socket,
    closed: new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    }),
    async next() {
      const text = frames.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
      const frame = JSON.parse(text);
      serverFrames[frame.op as keyof typeof serverFrames].parse(frame);
      return frame;
    },
    say: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    unread: () => frames,
  };
}

const bearer = { authorization: `Bearer ${aliceToken}` };

async function dialReady(to = server): Promise<Client> {
  const client = dial(to.socketUrl, bearer);
  expect((await client.next()).op).toBe('ready');
  return client;
}

/** Answers of the HTTP server to a handshake it refuses. */
function refusal(url: string, headers: Record<string, string>, protocols?: string[]) {
  const socket = new WebSocket(url, protocols, { headers });
  open.push(socket);
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    socket.on('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
    });
    socket.on('open', () => reject(new Error('accepted')));
    socket.on('error', () => {});
  });
}

const send = (id: string, more: object = {}) => ({
  op: 'send',
  ref: id,
  conversation,
  id,
  content: { type: 'text', text: 'hi' },
  ...more,
});

describe('opening', () => {
  test('by header: ready says who, how fast and what', async () => {
    const client = dial(server.socketUrl, bearer);
    expect(await client.next()).toMatchObject({
      op: 'ready',
      user: { id: alice.account, username: 'alice', name: 'Alice "A"' },
      heartbeatMs: 25_000,
      limits: { frameBytes: 262_144, textBytes: 16_384 },
    });
    expect(client.socket.protocol).toBe('parley.v1');
  });

  test('by token in the URL, and without a subprotocol', async () => {
    expect(await dial(`${server.socketUrl}?token=${aliceToken}`, {}, []).next()).toMatchObject({ op: 'ready' });
  });

  test('by cookie from our own page only', async () => {
    const cookie = `parley_session=${aliceCookie}`;
    expect(await dial(server.socketUrl, { cookie, origin: server.url }).next()).toMatchObject({ op: 'ready' });
    const evil = dial(server.socketUrl, { cookie, origin: 'http://evil.test' });
    // Neither a good token nor a message makes anything of it.
    evil.socket.on('open', () => evil.say({ op: 'auth', ref: 1, token: aliceToken }));
    const said = expect.stringContaining('--public-url');
    expect(await evil.next()).toEqual({ op: 'error', code: 'action.forbidden', message: said, retryable: false });
    expect((await evil.closed).code).toBe(4504);
    expect(evil.unread()).toEqual([]);
  });

  test('by a first frame, and what follows it need not wait for ready', async () => {
    const client = dial(server.socketUrl);
    client.socket.on('open', () => {
      client.say({ op: 'auth', ref: 1, token: aliceToken });
      client.say({ op: 'ping', ref: 2 });
    });
    expect(await client.next()).toMatchObject({ op: 'ready', ref: 1 });
    expect(await client.next()).toEqual({ op: 'pong', ref: 2 });
  });

  test.each([
    ['wrong', 4502, 'token.invalid'],
    ['expired', 4502, 'token.expired'],
    ['revoked', 4501, 'session.revoked'],
  ])('%s token: said, then closed with %i', async (token, code, said) => {
    const client = dial(`${server.socketUrl}?token=${token}`);
    expect(await client.next()).toMatchObject({ op: 'error', code: said });
    expect((await client.closed).code).toBe(code);
  });

  test('a first frame that is not auth ends it; one that is wrong does not', async () => {
    const client = dial(server.socketUrl);
    client.socket.on('open', () => {
      client.say({ op: 'sing', ref: 1 });
      client.say({ op: 'ping', ref: 2 });
    });
    expect(await client.next()).toMatchObject({ op: 'error', ref: 1, code: 'request.invalid' });
    expect(await client.next()).toMatchObject({ op: 'error', ref: 2, code: 'token.missing' });
    expect((await client.closed).code).toBe(4502);
  });

  test('silence ends it', async () => {
    const hasty = await startNativeServer({ authTimeoutMs: 1 });
    expect((await dial(hasty.socketUrl).closed).code).toBe(4502);
    await hasty.close();
  });

  test('only so many may wait at once', async () => {
    const small = await startNativeServer({ unauthenticatedSockets: 1 });
    const first = dial(small.socketUrl);
    await new Promise((resolve) => first.socket.on('open', resolve));
    expect((await dial(small.socketUrl).closed).code).toBe(4003);
    first.say({ op: 'auth', token: aliceToken });
    expect((await first.next()).op).toBe('ready');
    expect((await dialReady(small)).socket.readyState).toBe(WebSocket.OPEN);
    await small.close();
  });

  test('a foreign subprotocol is refused before the handshake', async () => {
    const { status, body } = await refusal(server.socketUrl, bearer, ['graphql-ws']);
    expect([status, body.detail]).toEqual([400, 'The subprotocol must be parley.v1.']);
  });
});

describe('frames', () => {
  test('what all sockets send in one turn is one append; each gets its own answer in order', async () => {
    const [a, b] = [await dialReady(), await dialReady()];
    server.chat.calls.length = 0;
    for (const id of ['a1', 'a2', 'a3']) a.say(send(id));
    b.say(send('b1'));
    for (const id of ['a1', 'a2', 'a3']) {
      expect(await a.next()).toMatchObject({ op: 'sent', ref: id, id, conversation, seq: expect.any(Number) });
    }
    expect(await b.next()).toMatchObject({ op: 'sent', ref: 'b1' });
    expect(server.chat.calls.reduce((sum, n) => sum + n)).toBe(4);
    expect(server.chat.calls.length).toBeLessThan(4);
  });

  test('the stored content has the characters that were sent', async () => {
    const client = await dialReady();
    const raw = '{ "text":"\\u0041",  "type":"text"}';
    client.say(`{"op":"send","conversation":"${conversation}","id":"raw","content":${raw}}`);
    expect(await client.next()).toMatchObject({ op: 'sent', id: 'raw' });
    expect(server.chat.stored.find((message) => message.id === 'raw')?.content).toBe(raw);
  });

  test('a refused draft is an error with its ref', async () => {
    const client = await dialReady();
    client.say(send('f1', { conversation: foreign }));
    expect(await client.next()).toEqual({
      op: 'error',
      ref: 'f1',
      code: 'conversation.forbidden',
      message: 'You are not a member of this conversation.',
      retryable: false,
    });
  });

  test('an ephemeral message has no numbers', async () => {
    const client = await dialReady();
    client.say(send('e1', { ephemeral: true }));
    expect(await client.next()).toMatchObject({ op: 'sent', ref: 'e1', seq: null, rev: null });
  });

  test.each([
    [{ op: 'sing', ref: 1 }, 'request.invalid'],
    [{ op: 'typing', ref: 1, conversation, on: true, loud: 1 }, 'request.invalid'],
    [{ ref: 1 }, 'request.invalid'],
    [{ op: 'send', ref: 1, conversation, id: 'x', content: { type: 'text', text: 'a\u0000' } }, 'request.invalid'],
    [
      { op: 'send', ref: 1, conversation, id: 'x', content: { type: 'text', text: 'x'.repeat(20_000) } },
      'request.too_large',
    ],
    [{ op: 'send', ref: 1, conversation, id: 'x' }, 'request.invalid'],
    [{ op: 'receipt', ref: 1, conversation: foreign, read: 1 }, 'conversation.unknown'],
  ])('%j: %s, and the connection stays', async (frame, code) => {
    const client = await dialReady();
    client.say(frame);
    expect(await client.next()).toMatchObject({ op: 'error', ref: 1, code });
    client.say({ op: 'ping' });
    expect(await client.next()).toEqual({ op: 'pong' });
  });

  test('positions of several frames are one resume', async () => {
    const client = await dialReady();
    server.hub.resumes.length = 0;
    client.say({ op: 'resume', positions: { [conversation]: { epoch: 'e', seq: 1, rev: 2 } }, more: true });
    client.say({ op: 'resume', ref: 9, positions: { [foreign]: { epoch: 'f', seq: 0 } } });
    client.say({ op: 'resume', ref: 10 });
    client.say({ op: 'ping' });
    await client.next();
    expect(server.hub.resumes).toEqual([
      {
        ref: 9,
        positions: new Map([
          [conversation, { epoch: 'e', seq: 1, rev: 2 }],
          [foreign, { epoch: 'f', seq: 0 }],
        ]),
      },
      { ref: 10, positions: null },
    ]);
  });

  test('auth again keeps the connection; a token of another session does not', async () => {
    const client = await dialReady();
    client.say({ op: 'auth', ref: 1, token: aliceToken });
    expect(await client.next()).toMatchObject({ op: 'renewed', ref: 1 });
    expect(server.hub.opened.at(-1)?.renewed).toHaveLength(1);
    client.say({ op: 'auth', ref: 2, token: 'other' });
    expect(await client.next()).toMatchObject({ op: 'error', ref: 2, code: 'actor.mismatch' });
    client.say({ op: 'auth', ref: 3, token: 'expired' });
    expect(await client.next()).toMatchObject({ op: 'error', ref: 3, code: 'token.expired' });
    expect((await client.closed).code).toBe(4502);
  });

  test('too many sends are refused with the time to come back', async () => {
    const strict = await startNativeServer({ rates: { sends: { perSecond: 0.001, burst: 1 } } });
    const client = await dialReady(strict);
    client.say(send('r1'));
    client.say(send('r2'));
    const answers = [await client.next(), await client.next()];
    expect(answers).toContainEqual(expect.objectContaining({ op: 'sent', ref: 'r1' }));
    expect(answers).toContainEqual(
      expect.objectContaining({ ref: 'r2', code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) }),
    );
    await strict.close();
  });

  test('so are too many unanswered ones', async () => {
    const strict = await startNativeServer({ sendsInFlight: 1 });
    const client = await dialReady(strict);
    client.say(send('i1'));
    client.say(send('i2'));
    const answers = [await client.next(), await client.next()];
    expect(answers.map(({ op, ref }) => `${op} ${ref}`).sort()).toEqual(['error i2', 'sent i1']);
    await strict.close();
  });
});

describe('what ends a connection', () => {
  test('a binary frame: 4500', async () => {
    const client = await dialReady();
    client.socket.send(Buffer.from('{"op":"ping"}'));
    expect((await client.closed).code).toBe(4500);
  });

  test.each(['', 'nonsense', '[]', 'null', '{"op":"ping"'])('unreadable text %j: 4500', async (text) => {
    const client = await dialReady();
    client.say(text);
    expect((await client.closed).code).toBe(4500);
  });

  test('frames that are hardly ever valid: answered shortly, then 4500; who errs now and then stays', async () => {
    const client = await dialReady();
    for (let i = 0; i < 400; i++) client.say('{"op":"nonsense"}');
    client.say({ op: 'ping', ref: 'still here' });
    let last = await client.next();
    while (last.op === 'error') {
      expect(JSON.stringify(last).length).toBeLessThan(500);
      last = await client.next();
    }
    expect(last).toEqual({ op: 'pong', ref: 'still here' });
    for (let i = 0; i < 200; i++) client.say(`{"op":"ping","x":"${'x'.repeat(2_000)}"}`);
    expect((await client.closed).code).toBe(4500);
  });

  test('invalid UTF-8: 4500', async () => {
    const client = await dialReady();
    client.socket.send(Buffer.from([0x7b, 0xff, 0x7d]), { binary: false });
    expect((await client.closed).code).toBe(4500);
  });

  test('more than 256 KiB: 4503', async () => {
    const client = await dialReady();
    client.say('x'.repeat(256 * 1024 + 1));
    expect((await client.closed).code).toBe(4503);
  });

  test('bytes that are no WebSocket frame: 4500', async () => {
    const client = await dialReady();
    const raw = (client.socket as unknown as { _socket: ReturnType<typeof connect> })._socket;
    raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect((await client.closed).code).toBe(4500);
  });

  test('whoever ends it, the hub is told', async () => {
    const client = await dialReady();
    const connection = server.hub.opened.at(-1);
    client.socket.terminate();
    await client.closed;
    await expect.poll(() => connection?.gone).toBe(true);
  });
});
