import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ann, one, type ProtocolHub, startProtocolHub, subscribe } from '../../../../../test-support/protocol-hub.ts';
import type { SessionId } from '../../../../kernel/ids.ts';

let server: ProtocolHub;
const open: WebSocket[] = [];
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await server.close();
});

/** The hub's connections: of each socket one, and one of each subscription. */
const connections = () => server.hub.realtime.hub.connectionCount;

async function until(count: number): Promise<void> {
  await expect.poll(connections).toBe(count);
  await server.hub.settle();
}

describe('who may subscribe', () => {
  const raw = (
    headers: Record<string, string> = {},
    query = '',
    protocols: string[] = ['graphql-transport-ws'],
    to = server,
  ) => {
    const socket = new WebSocket(to.socketUrl + query, protocols, { headers });
    open.push(socket);
    const frames: Record<string, unknown>[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(data.toString())));
    return {
      socket,
      frames,
      opened: new Promise<string>((resolve) => {
        socket.on('open', () => resolve('open'));
        socket.on('error', ({ message }) => resolve(message));
      }),
      closed: new Promise<number>((resolve) => socket.on('close', resolve)),
      say: (frame: object | string) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    };
  };
  const init = (payload?: object) => ({ type: 'connection_init', ...(payload && { payload }) });

  test.each([
    ['authorization in the payload', {}, '', { Authorization: 'Bearer ann' }],
    ['token in the payload', {}, '', { token: 'ann' }],
    ['the header', { authorization: 'Bearer ann' }, '', undefined],
    ['the URL', {}, '?token=ann', undefined],
    ['the cookie of our own page', { cookie: 'parley_session=ann', 'sec-fetch-site': 'same-origin' }, '', undefined],
  ])('%s is a credential', async (_, headers, query, payload) => {
    const client = raw(headers as Record<string, string>, query);
    await client.opened;
    client.say(init(payload));
    await expect.poll(() => client.frames).toEqual([{ type: 'connection_ack' }]);
  });

  test.each([
    ['none', undefined, 4401],
    ['a forged one', { token: 'forged' }, 4401],
    ['no token at all', { authorization: { of: 'course' } }, 4401],
    ['an expired one, which can be refreshed', { token: 'expired' }, 4403],
  ])('%s is refused', async (_, payload, code) => {
    const client = raw();
    await client.opened;
    client.say(init(payload));
    expect(await client.closed).toBe(code);
    expect(connections()).toBe(0);
  });

  test('a cookie from elsewhere, or another subprotocol, is refused', async () => {
    const elsewhere = raw({ cookie: 'parley_session=ann', origin: 'https://evil.example' });
    expect(await elsewhere.opened).toBe('Unexpected server response: 403');
    const other = raw({}, '', ['graphql-ws']);
    expect(await other.opened).toBe('Unexpected server response: 400');
  });

  test('a session that is revoked ends its sockets for good; a token that expires asks for another', async () => {
    const [revoked, expired] = [raw(), raw()];
    await Promise.all([revoked.opened, expired.opened]);
    revoked.say(init({ token: 'ann' }));
    expired.say(init({ token: 'bob' }));
    await until(2);
    await server.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as SessionId] }]);
    expect(await revoked.closed).toBe(4401);
    server.hub.tick(1, 3_600_000);
    expect(await expired.closed).toBe(4403);
  });

  test('who has been sent away and does not leave is not served meanwhile', async () => {
    let served = false;
    Object.assign(server.hub.chat.api, {
      getConversation: async () => {
        served = true;
      },
    });
    const client = raw();
    await client.opened;
    client.say(init({ token: 'ann' }));
    await expect.poll(() => client.frames.length).toBe(1);
    // It does not see the close frame, so it does not answer it either.
    client.socket.pause();
    await server.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as SessionId] }]);
    client.say({ id: '1', type: 'subscribe', payload: { query: `{ conversation(id: "${one}") { id } }` } });
    client.socket.resume();
    expect(await client.closed).toBe(4401);
    await server.hub.settle();
    expect([served, client.frames.length]).toEqual([false, 1]);
  });

  test.each([
    ['no JSON', 'nonsense', 4400],
    ['a message of no kind', '{"type":"sing"}', 4400],
    ['an operation before connection_init', { id: '1', type: 'subscribe', payload: { query: '{ __typename }' } }, 4401],
    ['more than a frame may hold', 'x'.repeat(256 * 1024 + 1), 4400],
  ])('%s ends the socket', async (_, frame, code) => {
    const client = raw();
    await client.opened;
    client.say(frame);
    expect(await client.closed).toBe(code);
  });

  test('silence ends the socket', async () => {
    const hasty = await startProtocolHub({ initTimeoutMs: 1 });
    expect(await raw({}, '', ['graphql-transport-ws'], hasty).closed).toBe(4408);
    await hasty.close();
  });

  test('one connection_init and one operation of an id', async () => {
    const [twice, same] = [raw(), raw()];
    await Promise.all([twice.opened, same.opened]);
    for (const client of [twice, same]) client.say(init({ token: 'ann' }));
    twice.say(init({ token: 'ann' }));
    expect(await twice.closed).toBe(4429);
    await expect.poll(() => same.frames.length).toBe(1);
    const typing = { id: '1', type: 'subscribe', payload: { query: 'subscription { typing { on } }' } };
    same.say(typing);
    same.say(typing);
    expect(await same.closed).toBe(4409);
    await until(0);
  });

  describe('only so many may wait for connection_init at once', () => {
    let strict: ProtocolHub;
    beforeEach(async () => {
      strict = await startProtocolHub({ waitingSockets: 1 });
    });
    afterEach(() => strict.close());

    const wait = async () => {
      const client = raw({}, '', ['graphql-transport-ws'], strict);
      await client.opened;
      return client;
    };
    /** Says who it is: the code it is closed with, or that it was let in. */
    const enter = async (client: Awaited<ReturnType<typeof wait>>) => {
      client.say(init({ token: 'ann' }));
      return Promise.race([client.closed, once(client.socket, 'message').then(([data]) => JSON.parse(data).type)]);
    };

    test('one more is told to come back later; the others are served, and make room', async () => {
      const first = await wait();
      const [code, reason] = await once((await wait()).socket, 'close');
      expect([code, String(reason)]).toEqual([4003, 'too many sockets have not said who they are']);
      expect(await enter(first)).toBe('connection_ack');
      expect(await enter(await wait())).toBe('connection_ack');
      (await wait()).socket.terminate();
      await expect.poll(async () => enter(await wait())).toBe('connection_ack');
    });

    test('a handshake that fails takes no place', async () => {
      const headers = {
        ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'short' },
        'sec-websocket-protocol': 'graphql-transport-ws',
      };
      for (let i = 0; i < 3; i++) {
        const asked = get(strict.url, { headers, agent: false });
        const [{ statusCode }] = (await once(asked, 'response')) as [IncomingMessage];
        expect(statusCode).toBe(400);
      }
      expect(await enter(await wait())).toBe('connection_ack');
    });
  });
});

describe('the same socket', () => {
  test('is one to the hub, however many subscriptions it carries: bytes that wait count once', async () => {
    const opened = vi.spyOn(server.hub.realtime.hub, 'open');
    const client = server.connect('ann');
    for (let i = 0; i < 2; i++) subscribe(client, 'subscription { typing { on } }');
    await until(3);
    const own = await opened.mock.results[0]?.value;
    expect(opened.mock.calls.map(([, { sharing }]) => sharing)).toEqual([undefined, own, own]);
  });

  test('carries queries; what a service fails with is said in the words of the table', async () => {
    const client = server.connect('ann');
    const good = subscribe(client, '{ __typename }');
    const bad = subscribe(client, `{ conversation(id: "${one}") { id } }`);
    await expect.poll(() => [good.ended, bad.ended]).toEqual(['completed', 'completed']);
    expect(good.results).toEqual([{ data: { __typename: 'Query' } }]);
    expect(bad.results).toMatchObject([
      { data: { conversation: null }, errors: [{ extensions: { code: 'internal' } }] },
    ]);
  });

  test.each([
    ['more operations than a socket may run', { operationsPerSocket: 2 }],
    ['more than an account may begin at a time', { rates: { frames: { perSecond: 0.001, burst: 2 } } }],
  ])('%s are refused, and the others go on', async (_, config) => {
    const strict = await startProtocolHub(config);
    const client = strict.connect('ann');
    const feeds = [1, 2, 3].map(() => subscribe(client, 'subscription { typing { on } }'));
    await expect
      .poll(() => feeds.filter(({ ended }) => ended !== null))
      .toMatchObject([
        { ended: [{ extensions: { code: 'rate.limited', retryable: true, retryAfterMs: expect.any(Number) } }] },
      ]);
    await expect.poll(() => strict.hub.realtime.hub.connectionCount).toBe(3);
    await strict.close();
  });
});
