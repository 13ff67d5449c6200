import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../kernel/log.ts';
import { createHttpServer, type HttpServer } from './http.ts';

let server: HttpServer;

async function start(add: (server: HttpServer) => void): Promise<void> {
  server = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0 });
  add(server);
  await server.unit.start?.();
}

afterEach(() => server.unit.stop?.());

/** A connection of bytes; `until` resolves with all that the server has said once that holds what is awaited. */
function open() {
  const socket = connect(server.port, '127.0.0.1');
  let said = '';
  let tell = () => {};
  socket.on('data', (data) => {
    said += data;
    tell();
  });
  socket.on('error', () => {});
  return {
    write: (text: string) => socket.write(text),
    until: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        tell = () => pattern.test(said) && resolve(said);
        tell();
      }),
    all: () =>
      new Promise<string>((resolve) => {
        socket.once('close', () => resolve(said));
      }),
    end: () => socket.destroy(),
  };
}

const upgrade = (path: string, protocol = 'websocket') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

async function ask(text: string): Promise<string> {
  const connection = open();
  connection.write(text);
  return connection.all();
}

test('a pattern gives its parameters, decoded, and the more particular one goes first', async () => {
  await start((http) => {
    http.onUpgrade('/rooms/:room/socket', (_request, socket, _head, { room }) => socket.end(`room ${room}`));
    http.onUpgrade('/rooms/all/socket', (_request, socket) => socket.end('all rooms'));
    http.onUpgrade('/under/*', (_request, socket, _head, params) => socket.end(`under ${params['*']}`));
  });
  expect(await ask(upgrade('/rooms/a%20b/socket?x=1'))).toBe('room a b');
  expect(await ask(upgrade('/rooms/all/socket'))).toBe('all rooms');
  expect(await ask(upgrade('/under/a/b'))).toBe('under a/b');
  for (const path of ['/rooms/a', '/rooms/a/b/socket', '/rooms/a/socket/', '/rooms/%ff/socket', '/']) {
    expect(await ask(upgrade(path)), path).toMatch(/^HTTP\/1.1 404 Not Found/);
  }
  expect(() => server.onUpgrade('/rooms/:room/socket', () => {})).toThrow(/Two handlers/);
});

test('one handler may have every path', async () => {
  await start((http) => http.onUpgrade('*', (request, socket) => socket.end(`at ${request.url}`)));
  for (const path of ['/', '/?token=x', '/any/where', '/%zz']) {
    const told = await ask(upgrade(path));
    expect(told).toMatch(path === '/%zz' ? /^HTTP\/1.1 404/ : /^at /);
  }
  expect(() => server.onUpgrade('*', () => {})).toThrow(/Two handlers/);
});

const addEcho = ({ app }: HttpServer): void => {
  app.get('/thing', async (request) => ({ upgrade: request.headers.upgrade ?? null }));
  app.post('/thing', async (request) => ({ body: request.body }));
};
const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n';

test('an upgrade to something else is ignored: the request is answered, and the connection stays', async () => {
  await start((http) => {
    addEcho(http);
    http.onUpgrade('/thing', (_request, socket) => socket.end('a socket'));
  });
  const connection = open();
  connection.write(`GET /thing HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`);
  expect(await connection.until(/\}$/)).toMatch(/^HTTP\/1.1 200 OK.*\{"upgrade":null\}$/s);
  connection.write(`GET /thing?2 HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`);
  expect((await connection.until(/200 OK.*200 OK.*\}$/s)).match(/200 OK/g)).toHaveLength(2);
  connection.end();
  expect(await ask(`GET /nothing HTTP/1.1\r\nHost: x\r\n${h2c}\r\n`.replace('Upgrade, ', 'close, Upgrade, '))).toMatch(
    /^HTTP\/1.1 404 .*Nothing answers GET \/nothing/s,
  );
  expect(await ask(upgrade('/thing', 'WebSocket'))).toBe('a socket');
});

test('with all that follows: a body in pieces, and a second request behind it', async () => {
  await start(addEcho);
  const connection = open();
  const json = '{"text":"grüße"}';
  const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n`;
  connection.write(`POST /thing HTTP/1.1\r\n${head}${h2c}\r\n${json.slice(0, 5)}`);
  // The rest in a piece of its own, once the first has been read.
  await new Promise((resolve) => server.app.server.once('connection', resolve));
  connection.write(`${json.slice(5)}GET /thing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(await connection.all()).toMatch(/200 OK.*\{"body":\{"text":"grüße"\}\}HTTP\/1.1 200 OK.*\{"upgrade":null\}$/s);
});

test('more headers than Node tells of are refused, for one of them may say where the body ends', async () => {
  await start(addEcho);
  const text = `POST /thing HTTP/1.1\r\nHost: x\r\n${h2c}${'a:b\r\n'.repeat(1_000)}Content-Length: 3\r\n\r\nabc`;
  expect(await ask(text)).toMatch(/^HTTP\/1.1 431 .*too many headers/s);
});
