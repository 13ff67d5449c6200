import { once } from 'node:events';
import { createClient } from 'graphql-sse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ann, bob, one, type ProtocolHub, startProtocolHub, subscribe } from '../../test-support/protocol-hub.ts';
import type { SessionId } from '../kernel/ids.ts';

/** What ends a connection that has done nothing wrong, as the clients of each protocol see it. The native socket's is in realtime. */
let server: ProtocolHub;
const leave: (() => void)[] = [];
beforeEach(async () => {
  server = await startProtocolHub();
});
afterEach(async () => {
  for (const end of leave.splice(0)) end();
  await server.close();
});

/** A client that is told the messages of `one`. */
interface Listener {
  /** The texts it was told. */
  heard(): readonly string[];
  /** null while it is open. */
  end(): string | null;
}

const query = 'subscription { messages { ... on MessageAdded { message { content { text } } } } }';
const connections = () => server.hub.realtime.hub.connectionCount;

const textsOf = (events: readonly object[]) =>
  (events as { message: { content: { text: string } } }[]).map(({ message }) => message.content.text);
const closeOf = (code: number, reason: unknown) => `${code} ${String(reason)}`;

function openGraphqlSocket(): Listener {
  const feed = subscribe(server.connect('ann'), query);
  const closed = () => feed.ended as { readonly code: number; readonly reason: string } | null;
  return { heard: () => textsOf(feed.events()), end: () => closed() && closeOf(closed()?.code ?? 0, closed()?.reason) };
}

function openGraphqlStream(): Listener {
  const headers = { authorization: 'Bearer ann' };
  const feed = subscribe(createClient({ url: `${server.url}/stream`, headers, retryAttempts: 0 }), query);
  leave.push(feed.stop);
  const end = () => (feed.ended === null ? null : feed.ended === 'completed' ? 'completed' : 'broken off');
  return { heard: () => textsOf(feed.events()), end };
}

function openVeigoSocket(): Listener {
  const socket = new WebSocket(`${server.veigoUrl}?token=SuperDuperUser%20ann`);
  leave.push(() => socket.terminate());
  const heard: string[] = [];
  let end: string | null = null;
  socket.on('open', () => socket.send(JSON.stringify({ type: 'JOIN_ROOM', payload: [{ id: one }] })));
  socket.on('message', (data) => heard.push(JSON.parse(data.toString()).payload[0].content.content));
  socket.on('close', (code, reason) => {
    end = closeOf(code, reason);
  });
  return { heard: () => heard, end: () => end };
}

describe.each([
  {
    ...{ name: 'graphql-ws', open: openGraphqlSocket, parts: 2 },
    ...{ drained: '4000 going away: reconnect', revoked: '4401 the session has been revoked' },
    ...{ expired: '4403 the credential has expired', goodForMs: 3_600_000 },
  },
  {
    ...{ name: 'server-sent events', open: openGraphqlStream, parts: 1 },
    // A client takes it for a broken connection and comes back, which says why.
    ...{ drained: 'broken off', revoked: 'broken off', expired: 'broken off', goodForMs: 3_600_000 },
  },
  {
    ...{ name: 'Veigo’s socket', open: openVeigoSocket, parts: 1 },
    ...{ drained: '4000 going away: reconnect', revoked: '4501 the session has been revoked' },
    // Its clients cannot show a fresh token.
    ...{ expired: '4502 the credential has expired', goodForMs: 25 * 3_600_000 },
  },
])('$name', ({ open, parts, drained, revoked, expired, goodForMs }) => {
  let serial = 0;
  async function listen(): Promise<Listener> {
    const c = server.hub.chat.conversations.get(one) ?? server.hub.chat.create(one, [ann, bob]);
    server.hub.loseStream();
    const listener = open();
    await expect.poll(connections).toBe(parts);
    await server.hub.settle();
    // Veigo's has to join, which nobody answers: the first that it hears shows that it has.
    await expect
      .poll(async () => {
        server.hub.chat.send(c, bob, `text ${serial++}`);
        await server.hub.route();
        return listener.heard().length;
      })
      .toBeGreaterThan(0);
    return listener;
  }

  test('a process that is about to stop sends everybody away, with all they were to hear', async () => {
    const listener = await listen();
    const c = server.hub.chat.conversations.get(one);
    if (c) server.hub.chat.send(c, bob, 'the last');
    await server.hub.route();
    await server.hub.realtime.unit.drain?.();
    await expect.poll(listener.end).toBe(drained);
    expect(listener.heard().at(-1)).toBe('the last');
    expect(connections()).toBe(0);
  });

  test.each([
    ['its session is revoked', [`s-${ann}` as SessionId]],
    ['its account is suspended or deleted', 'all' as const],
  ])('%s', async (_, sessions) => {
    const listener = await listen();
    await server.hub.deliver([{ kind: 'revoked', user: bob, sessions: 'all' }]);
    await server.hub.settle();
    expect([listener.end(), connections()]).toEqual([null, parts]);
    server.hub.revoked.add(`s-${ann}`);
    await server.hub.deliver([{ kind: 'revoked', user: ann, sessions }]);
    await expect.poll(listener.end).toBe(revoked);
    expect(connections()).toBe(0);
  });

  test('its token expires', async () => {
    const listener = await listen();
    server.hub.tick(1, goodForMs - 1);
    expect([listener.end(), connections()]).toEqual([null, parts]);
    server.hub.tick(1, 1);
    await expect.poll(listener.end).toBe(expired);
    expect(connections()).toBe(0);
  });
});

test('who comes to a process that is about to stop is told to come back later', async () => {
  // It had not said who it is, so the drain does not know it.
  const waiting = new WebSocket(server.socketUrl, 'graphql-transport-ws');
  await once(waiting, 'open');
  await server.hub.realtime.unit.drain?.();
  waiting.send(JSON.stringify({ type: 'connection_init', payload: { token: 'ann' } }));
  expect((await once(waiting, 'close'))[0]).toBe(4003);
  const veigo = new WebSocket(`${server.veigoUrl}?token=SuperDuperUser%20ann`);
  expect((await once(veigo, 'close'))[0]).toBe(4003);
  const stream = await fetch(`${server.url}/stream`, {
    method: 'POST',
    headers: { authorization: 'Bearer ann', 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  expect([stream.status, stream.headers.get('retry-after')]).toEqual([503, '1']);
});

test('Veigo’s socket: who has been sent away and does not leave is not served meanwhile', async () => {
  let served = false;
  Object.assign(server.hub.chat.api, {
    append: async () => {
      served = true;
      return [];
    },
  });
  const socket = new WebSocket(`${server.veigoUrl}?token=SuperDuperUser%20ann`);
  await once(socket, 'open');
  await expect.poll(connections).toBe(1);
  await server.hub.settle();
  // It does not see the close frame, so it does not answer it either.
  socket.pause();
  await server.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as SessionId] }]);
  socket.send(JSON.stringify({ type: 'SEND_MESSAGE', payload: [{ roomId: one, content: 'hello' }] }));
  socket.resume();
  expect((await once(socket, 'close'))[0]).toBe(4501);
  await server.hub.settle();
  expect(served).toBe(false);
});
