import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/index.ts';
import { chromiumPath, launchBrowser } from './browser.ts';

describe.skipIf(!chromiumPath)('where nobody signs up', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer({ flags: { 'sign-up': 'invited' } }), launchBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('the page says who creates accounts, has nothing left to fill in, and leads to sign-in', async () => {
    const page = await browser.newPage();
    await page.goto(`${server.url}/app/sign-up`);
    await page.getByLabel('Username', { exact: true }).fill('ann');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('an administrator creates the accounts').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Create account' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Username or e-mail').waitFor({ timeout: 60_000 });
  });
});
