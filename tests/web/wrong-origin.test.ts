import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { startServer, type TestServer } from '../harness/index.ts';
import { chromiumPath, launchBrowser, visit } from './browser.ts';

/** A reverse proxy as many are: the server behind it sees another Host, and nobody has told it. */
async function startProxy(target: URL): Promise<Server> {
  const proxy = createServer((asked, answer) => {
    const headers = { ...asked.headers, host: target.host };
    const { method, url: path } = asked;
    asked.pipe(
      request(target, { method, path, headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      }),
    );
  });
  proxy.on('upgrade', (asked, socket, head) => {
    const onward = connect(Number(target.port), target.hostname);
    const headers = Object.entries({ ...asked.headers, host: target.host }).map(([name, value]) => `${name}: ${value}`);
    onward.write(`GET ${asked.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    for (const end of [socket, onward]) end.on('error', () => [socket, onward].map((one) => one.destroy()));
    onward.pipe(socket).pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

describe.skipIf(!chromiumPath)('behind a proxy of which the server knows nothing', () => {
  let server: TestServer;
  let browser: Browser;
  let proxy: Server;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    proxy = await startProxy(new URL(server.url));
  });
  afterAll(async () => {
    await browser?.close();
    proxy?.closeAllConnections();
    proxy?.close();
    await server?.stop();
  });

  test('the page says what is wrong and how it is set, instead of connecting for ever', async () => {
    const { port } = proxy.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    const { page } = await visit(browser, origin, 'Ann');
    await page.getByText(`starts it with --public-url ${origin}`).waitFor({ timeout: 60_000 });
  });
});
