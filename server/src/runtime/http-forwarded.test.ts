import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { silentLog } from '../kernel/log.ts';
import { parseTrustedProxies } from '../kernel/trusted-proxies.ts';
import { addressOf } from '../protocols/shared/caller-context.ts';
import { createHttpServer } from './http.ts';

async function serve(option: string) {
  const trustProxy = parseTrustedProxies(option);
  const http = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0, trustProxy });
  http.app.get('/', async ({ ip, protocol, host }) => ({ ip, protocol, host }));
  let dialled: string | undefined;
  http.onUpgrade('/', (request, socket) => {
    dialled = addressOf(request, { trustProxy: option !== 'false' });
    socket.destroy();
  });
  await http.unit.start?.();
  onTestFinished(async () => http.unit.stop?.());
  const at = `127.0.0.1:${http.port}`;
  return async (forwarded: string) => {
    const headers = {
      'x-forwarded-for': forwarded,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'chat.example.org',
    };
    const seen = (await (await fetch(`http://${at}/`, { headers })).json()) as Record<string, string>;
    const socket = new WebSocket(`ws://${at}/`, { headers });
    await new Promise((resolve) => socket.on('error', resolve));
    return { ...seen, host: seen.host === at ? 'own' : seen.host, dialled };
  };
}

const proxied = { protocol: 'https', host: 'chat.example.org' };
const direct = { ip: '127.0.0.1', dialled: '127.0.0.1', protocol: 'http', host: 'own' };

test.each([
  ['false', '198.51.100.7', direct],
  ['true', '6.6.6.6, 198.51.100.7', { ...proxied, ip: '198.51.100.7', dialled: '198.51.100.7' }],
  ['2', '6.6.6.6, 198.51.100.7, 10.0.0.1', { ...proxied, ip: '198.51.100.7', dialled: '198.51.100.7' }],
  ['true', '<img src=x>', { ...proxied, ip: '127.0.0.1', dialled: '127.0.0.1' }],
  ['127.0.0.0/8', '6.6.6.6, 198.51.100.7, 127.0.0.9', { ...proxied, ip: '198.51.100.7', dialled: '198.51.100.7' }],
  ['10.0.0.0/8', '198.51.100.7', direct],
])('--trust-proxy %s and X-Forwarded-For: %s are the same to requests and sockets', async (option, forwarded, seen) => {
  expect(await (await serve(option))(forwarded)).toEqual(seen);
});
