import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect } from 'vitest';
import { WebSocket } from 'ws';
import { type Backend, startBackend } from '../../../test-support/backend.ts';
import { engineTest } from '../../../test-support/engines.ts';
import { startNginx } from '../../../test-support/nginx.ts';
import type { LivePath } from './live-paths.ts';
import { createNginxConfig } from './nginx-config.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

type Answer = Parameters<typeof startBackend>[1];

async function start(answer?: Answer, stream?: Answer, paths?: readonly LivePath[]) {
  const backends = [];
  for (const name of ['gateway-1', 'gateway-2', 'realtime-1', 'realtime-2']) {
    const backend = await startBackend(name, name.startsWith('gateway') ? answer : stream);
    cleanups.push(backend.kill);
    backends.push(backend);
  }
  const [g1, g2, r1, r2] = backends as [Backend, Backend, Backend, Backend];
  const nginx = await startNginx((listen) =>
    createNginxConfig(
      {
        listen,
        gateways: [g1.address, g2.address],
        realtimes: [r1.address, r2.address],
        maxAttachmentMb: 1,
      },
      paths,
    ),
  );
  cleanups.push(nginx.stop);
  return { url: nginx.url, gateways: [g1, g2] as const, realtimes: { 'realtime-1': r1, 'realtime-2': r2 } };
}

/** Opens a socket; rejects when the handshake fails. `name` is the backend that took it. */
async function openSocket(url: string): Promise<{ socket: WebSocket; name: keyof Sockets }> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  const [data] = await once(socket, 'message');
  cleanups.push(async () => socket.terminate());
  return { socket, name: String(data) as keyof Sockets };
}
type Sockets = Awaited<ReturnType<typeof start>>['realtimes'];

engineTest('nginx', 'requests go to both gateways, over connections that stay open', async () => {
  const { url, gateways } = await start();
  const names = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const told = (await (await fetch(`${url}/api/v1/status?n=${i}`)).json()) as { name: string; url: string };
    expect(told.url).toBe(`/api/v1/status?n=${i}`);
    names.add(told.name);
  }
  expect([...names].sort()).toEqual(['gateway-1', 'gateway-2']);
  expect(gateways[0].connections + gateways[1].connections).toBeLessThan(10);
});

engineTest('nginx', 'a gateway learns who asked and at which address, whatever the client claims', async () => {
  const { url } = await start();
  const claims = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' };
  const { headers } = (await (await fetch(url, { headers: claims })).json()) as { headers: Record<string, string> };
  const { host } = new URL(url);
  expect(headers).toMatchObject({
    host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': host,
  });
});

engineTest('nginx', 'an upgrade at the path of a socket goes to a realtime, everything else to a gateway', async () => {
  const { url, gateways } = await start();
  const { socket, name } = await openSocket(`${url}/realtime?protocol=1`);
  expect(name).toMatch(/^realtime-/);
  socket.send('hello');
  const [echo] = await once(socket, 'message');
  expect(String(echo)).toBe('hello');

  for (const path of ['/', '/graphql', '/graphql/stream'])
    expect((await openSocket(`${url}${path}`)).name).toMatch(/^realtime-/);
  for (const path of ['/realtime/other', '/realtimes', '/graphql/other'])
    expect((await openSocket(`${url}${path}`)).name).toMatch(/^gateway-/);
  for (const path of ['/realtime', '/graphql', '/graphql/stream?query=x']) await fetch(`${url}${path}`);
  const answered = gateways.flatMap((gateway) => gateway.requests);
  expect(answered).toEqual(expect.arrayContaining(['GET /realtime', 'GET /graphql']));
  expect(answered.join()).not.toContain('/graphql/stream');
});

engineTest('nginx', 'a path with a parameter goes where one without goes', async () => {
  const { url, gateways, realtimes } = await start(undefined, undefined, [
    { pattern: '/ws/room/:id', kind: 'socket', shared: false },
    { pattern: '/feed/:id', kind: 'stream', shared: false },
  ]);
  const { socket, name } = await openSocket(`${url}/ws/room/a%20b?token=x`);
  expect(name).toMatch(/^realtime-/);
  socket.send('hello');
  expect(String((await once(socket, 'message'))[0])).toBe('hello');
  for (const path of ['/ws/room', '/ws/room/', '/ws/room/1/2', '/x/ws/room/1', '/realtime'])
    expect((await openSocket(`${url}${path}`)).name, path).toMatch(/^gateway-/);
  for (const path of ['/ws/room/1', '/feed/1?from=2', '/feed/1/2']) await fetch(`${url}${path}`);
  const answered = gateways.flatMap((gateway) => gateway.requests).filter((line) => line.startsWith('GET'));
  expect(answered.sort()).toEqual(['GET /feed/1/2', 'GET /ws/room/1']);
  const streamed = [...realtimes['realtime-1'].requests, ...realtimes['realtime-2'].requests];
  expect(streamed.filter((line) => line.startsWith('GET'))).toEqual(['GET /feed/1?from=2']);
});

engineTest('nginx', 'with one of two gateways killed, every next request succeeds', async () => {
  const { url, gateways } = await start();
  for (let i = 0; i < 10; i++) await fetch(url);
  await gateways[0].kill();
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'GET', 'POST']) {
    const answer = await fetch(url, { method, ...(method !== 'GET' && { body: 'x'.repeat(100_000) }) });
    expect(answer.status, method).toBe(200);
    expect(await answer.json()).toMatchObject({ name: 'gateway-2', method });
  }
});

/** The first gateway to be asked for /dies goes down with the request; `carriedOut` is what reached a gateway. */
async function startDying() {
  const carriedOut: (string | undefined)[] = [];
  const { url } = await start((request) => {
    if (request.url !== '/dies') return false;
    carriedOut.push(request.method);
    if (carriedOut.length === 1) request.socket.resetAndDestroy();
    return carriedOut.length === 1;
  });
  return { url: `${url}/dies`, carriedOut };
}

engineTest('nginx', 'an idempotent request that a gateway did not survive is answered by the other', async () => {
  const { url, carriedOut } = await startDying();
  expect((await fetch(url)).status).toBe(200);
  expect(carriedOut).toEqual(['GET', 'GET']);
});

engineTest('nginx', 'another request that a gateway may have carried out is not repeated', async () => {
  const { url, carriedOut } = await startDying();
  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(503);
  expect(carriedOut).toEqual(['POST']);
});

engineTest('nginx', 'with one of two realtimes killed, its clients come back to the other', async () => {
  const { url, realtimes } = await start();
  const first = await openSocket(`${url}/realtime`);
  const ended = once(first.socket, 'close');
  await realtimes[first.name].kill();
  await ended;
  for (let i = 0; i < 5; i++) {
    const { name } = await openSocket(`${url}/realtime`);
    expect(name).not.toBe(first.name);
  }
});

/** As a client that gives up on an opening without a word, and comes again until somebody speaks. */
async function dialUntilHeard(url: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = new WebSocket(url.replace('http', 'ws'));
    const givingUp = setTimeout(() => socket.terminate(), 300);
    const heard = await once(socket, 'message').catch(() => null);
    clearTimeout(givingUp);
    if (!heard) continue;
    cleanups.push(async () => socket.terminate());
    return String(heard[0]);
  }
  throw new Error('nobody said a word');
}

engineTest(
  'nginx',
  'a realtime that stands still, and so has the fewest sockets, does not draw everybody',
  async () => {
    const { url, realtimes } = await start();
    const opened = await Promise.all(range(12).map(() => openSocket(`${url}/realtime`)));
    const left = opened.filter(({ name }) => name === 'realtime-1');
    expect(left.length).toBeGreaterThan(0);
    realtimes['realtime-1'].hush();
    for (const { socket } of left) socket.terminate();
    const names = await Promise.all(left.map(() => dialUntilHeard(`${url}/realtime`)));
    expect(new Set(names)).toEqual(new Set(['realtime-2']));
  },
);

engineTest(
  'nginx',
  'under load, a gateway goes and comes back and a realtime goes, and nobody is refused',
  async () => {
    const { url, gateways, realtimes } = await start();
    const statuses: number[] = [];
    const callers = range(8).map(async () => {
      for (const _ of range(100)) statuses.push((await fetch(`${url}/api/v1/status`)).status);
    });
    const opened = await Promise.all(range(20).map(() => openSocket(`${url}/realtime`)));
    const moving = opened.filter(({ name }) => name === 'realtime-1');
    expect(moving.length).toBeGreaterThan(0);
    const moved = moving.map(async ({ socket }) => {
      await once(socket, 'close');
      return (await openSocket(`${url}/realtime`)).name;
    });
    await expect.poll(() => statuses.length, { timeout: 30_000 }).toBeGreaterThan(200);
    await Promise.all([gateways[0].kill(), realtimes['realtime-1'].kill()]);
    await expect.poll(() => statuses.length, { timeout: 30_000 }).toBeGreaterThan(500);
    await gateways[0].start();
    expect(new Set(await Promise.all(moved))).toEqual(new Set(['realtime-2']));
    await Promise.all(callers);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  },
);

engineTest('nginx', 'a realtime that is just back takes everybody of another that goes, at once', async () => {
  const { url, realtimes } = await start();
  const open = (count: number) => Promise.all(range(count).map(() => openSocket(`${url}/realtime`)));
  await realtimes['realtime-1'].kill();
  expect(new Set((await open(6)).map(({ name }) => name))).toEqual(new Set(['realtime-2']));
  await realtimes['realtime-1'].start();
  await realtimes['realtime-2'].kill();
  expect(new Set((await open(12)).map(({ name }) => name))).toEqual(new Set(['realtime-1']));
});

engineTest('nginx', 'with no gateway left the refusal is retryable, and the first one back is found', async () => {
  const { url, gateways } = await start();
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  const refused = await fetch(url);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(await refused.json()).toMatchObject({ code: 'service.unavailable', status: 503 });

  await gateways[1].start();
  await expect.poll(async () => (await fetch(url)).status, { timeout: 30_000 }).toBe(200);
});

engineTest('nginx', 'with no realtime left an upgrade is refused in the words of the API', async () => {
  const { url, realtimes } = await start();
  await Promise.all(Object.values(realtimes).map((realtime) => realtime.kill()));
  for (const path of ['/realtime', '/graphql', '/']) {
    const socket = new WebSocket(url.replace('http', 'ws') + path);
    socket.on('error', () => {});
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(JSON.parse(String(await answer.toArray()))).toMatchObject({ code: 'service.unavailable' });
  }
});

engineTest('nginx', 'what a stream says is passed on at once, and it ends with its client', async () => {
  const streams: ServerResponse[] = [];
  const { url } = await start(undefined, (_request, response) => {
    streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
    response.write('first');
    return true;
  });
  const leaving = new AbortController();
  const { body } = await fetch(`${url}/graphql/stream`, { signal: leaving.signal });
  const reader = body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('first');
  const [stream] = streams as [ServerResponse];
  stream.write('second');
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('second');
  const ended = once(stream, 'close');
  leaving.abort();
  await ended;
  await reader.read().catch(() => {});
});

engineTest('nginx', 'a body above the limit of attachments is refused as the API does', async () => {
  const { url, gateways } = await start();
  const answer = await fetch(url, { method: 'POST', body: Buffer.alloc(2 * 1024 * 1024 + 1) });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 'request.too_large' });
  expect(gateways.flatMap((gateway) => gateway.requests)).toEqual([]);
});
