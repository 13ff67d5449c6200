import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fail } from '../kernel/errors.ts';
import { silentLog } from '../kernel/log.ts';
import { createHttpServer, type HttpServer } from './http.ts';

let server: HttpServer;

async function start(add: (server: HttpServer) => void = () => {}): Promise<string> {
  server = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0, bodyLimit: 1_000 });
  add(server);
  await server.unit.start?.();
  return `http://127.0.0.1:${server.port}`;
}

afterEach(() => server.unit.stop?.());

/** Everything the server says to these bytes until it ends the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let said = '';
    socket.on('data', (data) => {
      said += data;
    });
    socket.on('end', () => resolve(said));
    socket.on('error', reject);
  });
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

test('a path nobody serves is a problem without a code', async () => {
  const answer = await fetch(`${await start()}/nothing?a=1`);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await answer.json()).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Nothing answers GET /nothing. The paths that exist are listed at /docs.',
  });
});

test('a failure is its row; an unknown error tells nothing of itself', async () => {
  const url = await start(({ app }) => {
    app.get('/limited', async () => {
      throw fail('rate.limited', { retryAfterMs: 1_200 });
    });
    app.get('/late', async () => {
      throw fail('service.timeout');
    });
    app.get('/broken', async () => {
      throw new Error('the secret');
    });
  });
  const limited = await fetch(`${url}/limited`);
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2']);
  expect(await limited.json()).toMatchObject({ code: 'rate.limited', status: 429 });
  const late = await fetch(`${url}/late`);
  expect([late.status, late.headers.get('retry-after')]).toEqual([504, '1']);
  const broken = await fetch(`${url}/broken`);
  expect([broken.status, broken.headers.get('retry-after')]).toEqual([500, null]);
  const text = await broken.text();
  expect(text).toContain('"code":"internal"');
  expect(text).not.toContain('secret');
});

test('what the HTTP library refuses is a row of the table too', async () => {
  const url = await start(({ app }) => {
    app.post('/', async () => 'ok');
    app.get('/:id', async () => 'ok');
  });
  const post = (type: string, body: string) => fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  expect(await (await post('application/json', 'x'.repeat(2_000))).json()).toMatchObject({ code: 'request.too_large' });
  expect(await (await post('application/x-thing', 'x')).json()).toMatchObject({ code: 'request.unsupported' });
  expect(await (await post('application/json', '{')).json()).toMatchObject({ code: 'request.invalid' });
  expect(await (await fetch(`${url}/%ff`)).json()).toMatchObject({ code: 'request.invalid' });
});

test('a method that a path does not have is answered with those it has', async () => {
  const url = await start(({ app }) => {
    app.get('/things/:id', async () => 'ok');
    app.post('/things/:id', async () => 'ok');
  });
  for (const method of ['DELETE', 'OPTIONS', 'PROPFIND', 'QUERY']) {
    const answer = await fetch(`${url}/things/7?a=1`, { method });
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, POST']);
    expect(await answer.json()).toMatchObject({ title: 'Method Not Allowed', status: 405 });
  }
  const unknown = await fetch(`${url}/nothing`, { method: 'POST', headers: { 'content-type': 'x/y' }, body: '{' });
  expect([unknown.status, unknown.headers.get('allow')]).toEqual([404, null]);
});

test('an answer of more than a packet is compressed for who accepts it, unless it holds a secret', async () => {
  const url = await start(({ app }) => {
    const large = async () => ({ text: 'x'.repeat(5_000) });
    app.register(async (scope) => {
      scope.get('/large', large);
      scope.get('/small', async () => ({ text: 'x' }));
      scope.get('/secret', { compress: false }, large);
    });
  });
  const encoding = async (path: string, accept: string) =>
    (await fetch(url + path, { headers: { 'accept-encoding': accept } })).headers.get('content-encoding');
  expect(await encoding('/large', 'gzip, br')).toBe('br');
  expect(await encoding('/large', 'gzip')).toBe('gzip');
  expect(await encoding('/large', 'identity')).toBeNull();
  expect(await encoding('/small', 'br')).toBeNull();
  expect(await encoding('/secret', 'br')).toBeNull();
});

test('what is not said to be kept is kept nowhere', async () => {
  const url = await start(({ app }) => {
    app.get('/own', async () => 'ok');
    app.get('/page', async (_request, reply) => reply.header('cache-control', 'public, max-age=60').send('ok'));
  });
  const life = async (path: string) => (await fetch(url + path)).headers.get('cache-control');
  expect([await life('/own'), await life('/page'), await life('/none')]).toEqual([
    'no-store',
    'public, max-age=60',
    'no-store',
  ]);
});

test('every answer carries a request id and the safe headers', async () => {
  const url = await start();
  const answer = await fetch(url, { headers: { 'x-request-id': 'mine-1' } });
  expect(answer.headers.get('x-request-id')).toBe('mine-1');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  const other = await fetch(url, { headers: { 'x-request-id': '<script>' } });
  expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('noise and headers without end are refused in words', async () => {
  await start();
  expect(await raw('noise\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"request.invalid"/s);
  const large = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await raw(large)).toMatch(/^HTTP\/1.1 431 .*"code":"request.too_large"/s);
});

test('an upgrade goes to the handler of its path, or is answered', async () => {
  await start((http) => {
    http.onUpgrade('/here', (_request, socket) => socket.end('taken'));
    http.onUpgrade('/refused', () => {
      throw fail('action.forbidden');
    });
    http.onUpgrade('/taken-later', async (_request, socket) => {
      await new Promise(setImmediate);
      socket.end('taken later');
    });
    http.onUpgrade('/refused-later', async () => {
      await new Promise(setImmediate);
      throw fail('token.invalid');
    });
  });
  expect(await raw(upgrade('/here?x=1'))).toBe('taken');
  expect(await raw(upgrade('/taken-later'))).toBe('taken later');
  expect(await raw(upgrade('/refused-later'))).toMatch(/^HTTP\/1.1 401 .*"code":"token.invalid"/s);
  expect(await raw(upgrade('/nowhere'))).toMatch(/^HTTP\/1.1 404 Not Found/);
  expect(await raw(upgrade('/refused'))).toMatch(/^HTTP\/1.1 403 .*"code":"action.forbidden"/s);
  expect(() => server.onUpgrade('/here', () => {})).toThrow(/Two handlers/);
});

test('a client that breaks off while its upgrade is decided harms nobody', async () => {
  let decide = () => {};
  const asked = new Promise<Socket>((resolve) => {
    void start((http) =>
      http.onUpgrade('/slow', async (_request, socket) => {
        resolve(socket);
        await new Promise<void>((done) => {
          decide = done;
        });
        throw fail('token.invalid');
      }),
    ).then(() => {
      const client = connect(server.port, '127.0.0.1', () => client.write(upgrade('/slow')));
      client.on('error', () => {});
      void asked.then(() => client.resetAndDestroy());
    });
  });
  const socket = await asked;
  await new Promise((resolve) => socket.once('close', resolve));
  decide();
  expect(await raw(upgrade('/nowhere'))).toMatch(/^HTTP\/1.1 404/);
});

test('stopping ends sockets that do not end themselves', async () => {
  await start((http) => http.onUpgrade('/stays', (_request, socket) => socket.write('open')));
  const socket = connect(server.port, '127.0.0.1', () => socket.write(upgrade('/stays')));
  await new Promise((resolve) => socket.once('data', resolve));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await server.unit.stop?.();
  await ended;
});
