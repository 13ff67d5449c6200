import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { aliceToken, type NativeServer, startNativeServer } from '../../../test-support/native-server.ts';

let server: NativeServer;

afterEach(() => server.close());

/** What an attempt to open a socket ends with: its first frame, or the problem it is refused with. */
function knock(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}?token=${aliceToken}`, 'parley.v1');
    socket.once('message', (data) => {
      socket.close();
      resolve(JSON.parse(String(data)));
    });
    socket.once('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const piece of response) body += piece;
      resolve(JSON.parse(body));
    });
    socket.once('error', reject);
  });
}

describe('the HTTP half alone', () => {
  test('answers requests, and says where sockets are served', async () => {
    server = await startNativeServer({}, null, { http: true });
    expect((await server.fetch('/api/v1/me')).status).toBe(200);
    expect((await server.fetch('/openapi.json')).status).toBe(200);
    const refusal = { code: 'request.invalid', status: 400, detail: expect.stringContaining('realtime processes') };
    expect(await knock(server.socketUrl)).toMatchObject(refusal);
    const hint = await server.fetch('/realtime');
    expect(await hint.json()).toMatchObject({ code: 'request.invalid', detail: expect.stringContaining('WebSocket') });
  });
});

describe('the socket half alone', () => {
  test('opens sockets, and answers every other path with a problem', async () => {
    server = await startNativeServer({}, null, { sockets: true });
    expect(await knock(server.socketUrl)).toMatchObject({ op: 'ready' });
    for (const path of ['/', '/api/v1/me', '/api/v1/status', '/openapi.json', '/docs', '/app/', '/nothing']) {
      const answer = await server.fetch(path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json; charset=utf-8',
      ]);
    }
    const hint = await server.fetch('/realtime');
    expect(await hint.json()).toMatchObject({ code: 'request.invalid', detail: expect.stringContaining('WebSocket') });
  });
});

test('both halves on one port do not get in each other’s way', async () => {
  server = await startNativeServer();
  expect((await server.fetch('/api/v1/me')).status).toBe(200);
  expect(await knock(server.socketUrl)).toMatchObject({ op: 'ready' });
  expect(await (await server.fetch('/realtime')).json()).toMatchObject({
    detail: expect.stringContaining('as a WebSocket'),
  });
});
