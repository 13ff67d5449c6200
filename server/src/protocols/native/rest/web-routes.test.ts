import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NativeServer, startNativeServer } from '../../../../test-support/native-server.ts';

let root: string;
let server: NativeServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'parley-web-'));
  mkdirSync(join(root, 'assets'));
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>Parley</title>');
  writeFileSync(join(root, 'favicon.svg'), '<svg/>');
  writeFileSync(join(root, 'assets', 'app-1a2b.js'), 'run()');
  writeFileSync(join(root, 'assets', 'big-1a2b.js'), 'run()');
  writeFileSync(join(root, 'assets', 'big-1a2b.js.br'), 'brotli');
  server = await startNativeServer({}, root);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

test.each(['/', '/app', '/app/', '/app/conversations/1?x=2'])('%s is the page', async (path) => {
  const answer = await fetch(server.url + path);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  expect(answer.headers.get('content-type')).toContain('text/html');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await answer.text()).toContain('<title>Parley</title>');
});

test('what carries a hash in its name is kept for a year', async () => {
  const answer = await fetch(`${server.url}/assets/app-1a2b.js`);
  expect(answer.headers.get('cache-control')).toContain('immutable');
  expect(await answer.text()).toBe('run()');
  expect((await fetch(`${server.url}/favicon.svg`)).status).toBe(200);
});

test.each([
  '/api/v1/nothing',
  '/realtime',
  '/docs2',
  '/assets/none.js',
  '/assets/../index.html',
  '/index',
  '/assets/%2e%2e/index.html',
])('%s never becomes the page', async (path) => {
  const answer = await server.app.inject({ url: path });
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('the compressed file that the build wrote is sent to who accepts it', async () => {
  const get = (accept: string) =>
    server.app.inject({ url: '/assets/big-1a2b.js', headers: { 'accept-encoding': accept } });
  const small = await get('gzip, br');
  expect([small.headers['content-encoding'], small.payload]).toEqual(['br', 'brotli']);
  expect(small.headers['cache-control']).toContain('immutable');
  expect(small.headers['content-type']).toContain('javascript');
  const plain = await get('identity');
  expect([plain.headers['content-encoding'], plain.payload]).toEqual([undefined, 'run()']);
});

test('without a build the page says how to get one', async () => {
  const bare = await startNativeServer({}, join(root, 'none'));
  const answer = await fetch(`${bare.url}/app/x`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('npm run build');
  await bare.close();
});
