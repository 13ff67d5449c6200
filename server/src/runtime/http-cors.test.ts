import { expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../kernel/log.ts';
import { createHttpServer } from './http.ts';

const ours = 'https://app.example.org';

async function serve(allowedOrigins?: readonly string[]) {
  const http = createHttpServer({
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    ...(allowedOrigins && { allowedOrigins }),
  });
  http.app.post('/api/v1/things', async () => ({ ok: true }));
  await http.unit.start?.();
  onTestFinished(async () => http.unit.stop?.());
  return async (method: string, headers: Record<string, string>, path = '/api/v1/things') => {
    const answer = await fetch(`http://127.0.0.1:${http.port}${path}`, { method, headers });
    const cors = [...answer.headers].filter(([name]) => name.startsWith('access-control') || name === 'vary');
    return { status: answer.status, ...Object.fromEntries(cors) };
  };
}

const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type',
});

test('nobody’s pages are allowed unless said', async () => {
  const ask = await serve();
  expect(await ask('POST', { origin: ours })).toEqual({ status: 200 });
  expect(await ask('OPTIONS', preflight(ours))).toEqual({ status: 405 });
});

test('a page of an allowed origin may ask, and read what it is answered, failures too', async () => {
  const ask = await serve([ours]);
  const allowed = { 'access-control-allow-origin': ours, 'access-control-allow-credentials': 'true', vary: 'Origin' };
  expect(await ask('OPTIONS', preflight(ours))).toEqual({
    status: 204,
    ...allowed,
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-allow-methods': expect.stringContaining('POST'),
    'access-control-max-age': '600',
  });
  const readable = { ...allowed, 'access-control-expose-headers': expect.stringContaining('retry-after') };
  expect(await ask('POST', { origin: ours })).toEqual({ status: 200, ...readable });
  expect(await ask('GET', { origin: ours }, '/nothing')).toEqual({ status: 404, ...readable });
});

test.each(['https://app.example.org.evil.example', 'http://app.example.org', 'null'])(
  'a page of %s is not',
  async (origin) => {
    const ask = await serve([ours]);
    expect(await ask('POST', { origin })).toEqual({ status: 200, vary: 'Origin' });
    expect(await ask('OPTIONS', preflight(origin))).toEqual({ status: 405, vary: 'Origin' });
  },
);
