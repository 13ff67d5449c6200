import { createClient } from 'graphql-sse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ann, type ProtocolHub, startProtocolHub, subscribe } from '../../test-support/protocol-hub.ts';
import type { SessionId } from '../kernel/ids.ts';

/** Sockets that a browser's session cookie opened: access tokens are good for 2 seconds of the hub's clock. */
let server: ProtocolHub;
const leave: (() => void)[] = [];
beforeEach(async () => {
  server = await startProtocolHub({ tokenMs: 2_000, hub: { sessionCheckMs: 10_000, heartbeatMs: 1e9 } });
});
afterEach(async () => {
  for (const end of leave.splice(0)) end();
  await server.close();
});

/** What the client has been told of its end; null: nothing yet. */
type End = () => unknown;

const query = 'subscription { messages { __typename } }';
const cookie = { cookie: 'parley_session=ann', 'sec-fetch-site': 'same-origin' };
const bearer = { authorization: 'Bearer ann' };
type Headers = Record<string, string>;

class CookieSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { headers: cookie });
  }
}

function openSocket(url: string, protocols: string[], headers: Headers): End {
  const socket = new WebSocket(url, protocols, { headers });
  leave.push(() => socket.terminate());
  let end: number | null = null;
  socket.on('close', (code) => {
    end = code;
  });
  return () => end;
}

const surfaces: [string, number, (headers: Headers) => End][] = [
  ['the native socket', 1, (headers) => openSocket(`${server.veigoUrl}realtime`, ['parley.v1'], headers)],
  ['Veigo’s socket', 1, (headers) => openSocket(server.veigoUrl, [], headers)],
  [
    'graphql-ws',
    2,
    (headers) => {
      const feed = subscribe(
        'cookie' in headers ? server.connect(null, { webSocketImpl: CookieSocket }) : server.connect('ann'),
        query,
      );
      return () => feed.ended && ((feed.ended as { code?: number }).code ?? feed.ended);
    },
  ],
  [
    'server-sent events',
    1,
    (headers) => {
      const feed = subscribe(createClient({ url: `${server.url}/stream`, headers, retryAttempts: 0 }), query);
      leave.push(feed.stop);
      return () => feed.ended;
    },
  ],
];

describe.each(surfaces)('%s', (name, parts, open) => {
  async function connect(headers: Headers): Promise<End> {
    const end = open(headers);
    await expect.poll(() => server.hub.realtime.hub.connectionCount).toBe(parts);
    await server.hub.settle();
    return end;
  }

  test('lives as long as its session, however short access tokens are', async () => {
    const end = await connect(cookie);
    for (let i = 0; i < 20; i++) {
      server.hub.tick(1, 30_000);
      await server.hub.settle();
    }
    expect(server.hub.realtime.hub.connectionCount).toBe(parts);
    expect(end()).toBe(null);
  });

  test('a revocation ends it at once', async () => {
    const end = await connect(cookie);
    server.hub.tick(1, 30_000);
    await server.hub.settle();
    await server.hub.deliver([{ kind: 'revoked', user: ann, sessions: [`s-${ann}` as SessionId] }]);
    await expect.poll(end).not.toBe(null);
  });

  test('an end of the session that nobody has told of is found by the next check', async () => {
    const end = await connect(cookie);
    server.hub.tick(1, 30_000);
    await server.hub.settle();
    server.hub.revoked.add(`s-${ann}`);
    server.hub.tick(1, 30_000);
    await expect.poll(end).not.toBe(null);
    expect(server.hub.realtime.hub.connectionCount).toBe(0);
  });

  test.skipIf(name.startsWith('Veigo'))('what an access token opened ends with the token', async () => {
    const end = await connect(bearer);
    server.hub.tick(1, 30_000);
    await expect.poll(end).not.toBe(null);
  });
});
