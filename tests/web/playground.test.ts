import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/index.ts';
import { chromiumPath, launchBrowser } from './browser.ts';

const timeout = 60_000;

describe.skipIf(!chromiumPath)('the playground of Veigo', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('signs up, and its console opens the socket; nothing is asked of anybody else', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob|ws):/.test(request.url()))
        complaints.push(`asked for ${request.url()}`);
    });
    // Whoever has been there before finds the examples of here.
    await page.goto(`${server.url}/graphql`);
    await page.getByText('CatchUp').waitFor({ timeout });
    await page.goto(`${server.url}/playground`);
    await page.getByText('CreateRoom').waitFor({ timeout });
    await page.getByRole('button', { name: /^Execute query/ }).click({ timeout });
    await page.getByRole('menuitem', { name: 'SignUp' }).click({ timeout });
    const answer = page.getByRole('region', { name: 'Result Window' });
    await answer.getByText('"access"').waitFor({ timeout });

    const heard = await page.evaluate(async (host) => {
      const ask = async (query: string, token: string) => {
        const headers = { 'content-type': 'application/json', authorization: `SuperDuperUser ${token}` };
        const response = await fetch('/gql', { method: 'POST', headers, body: JSON.stringify({ query }) });
        // biome-ignore lint/suspicious/noExplicitAny: what was asked for is what is looked at.
        return ((await response.json()) as { data: any }).data;
      };
      const signIn =
        'mutation { SignIn(email: "bob@veigo.com", password: "Password@123", clientId: "123abc") { token { access } } }';
      const { access } = (await ask(signIn, '')).SignIn.token;
      const ws = new WebSocket(`ws://${host}/?token=SuperDuperUser%20${access}`);
      await new Promise((resolve, reject) => {
        ws.onopen = resolve;
        ws.onerror = reject;
      });
      const create = 'mutation { CreateRoom(name: "Friends Group", type: group) { information { id } } }';
      const room = (await ask(create, access)).CreateRoom.information.id;
      const first = new Promise<string>((resolve) => {
        ws.onmessage = (message) => resolve(message.data);
      });
      ws.send(JSON.stringify({ type: 'JOIN_ROOM', payload: [{ name: room }] }));
      // A room that is none is refused after the one before it has been joined.
      ws.send(JSON.stringify({ type: 'JOIN_ROOM', payload: [{ name: 'none' }] }));
      await first;
      const second = new Promise<string>((resolve) => {
        ws.onmessage = (message) => resolve(message.data);
      });
      await ask(`mutation { CreateMessage(roomId: "${room}", content: "Hello world!") { id } }`, access);
      return JSON.parse(await second);
    }, new URL(server.url).host);
    expect(heard).toMatchObject({
      type: 'MESSAGE',
      payload: [{ type: 'message', content: { content: 'Hello world!' } }],
    });
    expect(complaints).toEqual([]);
  });
});
