import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIdleDeps } from '../../test-support/register-protocol.ts';
import type { Principal } from '../kernel/context.ts';
import { silentLog } from '../kernel/log.ts';
import { createHttpServer, type HttpServer } from '../runtime/http.ts';
import type { IdentityApi } from '../services/identity/api.ts';
import type { PeopleApi } from '../services/people/api.ts';
import type { Connection, HubApi } from '../services/realtime/api.ts';
import { protocols, surfaceOf } from './protocols.ts';
import { createProfileReader } from './shared/profile-reader.ts';

/**
 * An exception where a protocol did not expect one, at every place where its sockets are opened: it ends the connection it happened
 * on and nothing else. What nobody catches would be an error of the whole test run.
 */
const sockets = protocols.flatMap((data) =>
  [false, true].flatMap((own) =>
    (surfaceOf(data, own)?.upgrades ?? []).map((pattern) => ({
      ...{ data, own, pattern },
      at: `${data.name}, ${pattern} on ${own ? 'a port of its own' : 'the main port'}`,
    })),
  ),
);

/** Whose connections fail. */
const broken = new Set<string>();
/** How often somebody was heard. */
const heard = new Map<string, number>();
let server: HttpServer;

const explode = (): never => {
  throw new Error('nobody expected this');
};

const verify = async (_ctx: unknown, token: string) => {
  if (broken.has(`verify ${token}`)) explode();
  const principal = { account: token, session: token, username: token, admin: false } as unknown as Principal;
  return { principal, expiresAt: Date.now() + 600_000 };
};

const open: HubApi['open'] = async (_ctx, { principal, greet }) => {
  const connection: Connection = {
    ...{
      id: 'c' as never,
      principal,
      send: () => {},
      resume: async () => {},
      watchPresence: () => {},
      renew: () => {},
    },
    heard() {
      if (broken.has(principal.username)) explode();
      heard.set(principal.username, (heard.get(principal.username) ?? 0) + 1);
    },
    closed() {
      if (broken.has(principal.username)) explode();
    },
  };
  greet(connection);
  return connection;
};

async function start({ data, own }: (typeof sockets)[number]): Promise<void> {
  const idle = createIdleDeps();
  const people = { getProfiles: async () => [] } as Partial<PeopleApi> as PeopleApi;
  const protocol = await data.load({
    ...idle,
    identity: { verifyAccess: verify } as Partial<IdentityApi> as IdentityApi,
    people,
    profiles: createProfileReader({ people, log: silentLog }),
    http: null,
    sockets: { ...idle.sockets, hub: { heartbeatMs: 25_000, connectionCount: 0, open } } as typeof idle.sockets,
  });
  protocol.registerSockets(server, { own, mode: null });
  await server.unit.start?.();
}

/** A WebSocket of bytes, that offers the subprotocols of everybody; its frames are the same for all. */
function connectAs(token: string, pattern: string) {
  const path = pattern.replaceAll(/:\w+/g, 'x').replace(/^\*$/, '/any/where');
  const socket = connect(server.port, '127.0.0.1');
  const connection = { said: '', ended: false, say, close: () => socket.destroy() };
  socket.on('data', (data) => {
    connection.said += data;
    // A close frame, to be answered.
    if (data.includes(0x88)) socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    connection.ended = true;
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${token}\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
      'Sec-WebSocket-Protocol: parley.v1, graphql-transport-ws\r\n\r\n',
  );
  /** A text frame, masked with zeros. */
  function say(text: string): void {
    if (!socket.writable) return;
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0]), Buffer.from(text)]));
  }
  return connection;
}

beforeEach(() => {
  server = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0 });
  broken.clear();
  heard.clear();
});
afterEach(() => server.unit.stop?.());

describe.each(sockets)('$at', (where) => {
  const join = async (name: string) => {
    const connection = connectAs(name, where.pattern);
    await expect.poll(() => connection.said).toContain('101 Switching Protocols');
    connection.say('{"type":"connection_init"}');
    return connection;
  };
  const isHeard = (name: string, connection: Awaited<ReturnType<typeof join>>) => {
    const before = heard.get(name) ?? 0;
    return expect
      .poll(() => {
        connection.say('{"type":"ping","op":"ping"}');
        return heard.get(name) ?? 0;
      })
      .toBeGreaterThan(before);
  };

  test('while it is opened', async () => {
    await start(where);
    const bob = await join('bob');
    await isHeard('bob', bob);
    broken.add('verify ann');
    const ann = connectAs('ann', where.pattern);
    await expect
      .poll(() => {
        if (ann.said.includes(' 101 ')) ann.say('{"type":"connection_init"}');
        return ann.ended;
      })
      .toBe(true);
    await isHeard('bob', bob);
    expect(bob.ended).toBe(false);
    bob.close();
  });

  test('in a frame, and again at the end', async () => {
    await start(where);
    const [ann, bob] = [await join('ann'), await join('bob')];
    await isHeard('ann', ann);
    broken.add('ann');
    await expect
      .poll(() => {
        ann.say('{"type":"ping","op":"ping"}');
        return ann.ended;
      })
      .toBe(true);
    await isHeard('bob', bob);
    expect(bob.ended).toBe(false);
    bob.close();
  });
});
