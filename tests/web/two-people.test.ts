import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/index.ts';
import { chromiumPath, launchBrowser, type Visitor, visit } from './browser.ts';

const timeout = 60_000;
const history = (visitor: Visitor) => visitor.page.getByRole('region', { name: 'Messages' });
const write = async (visitor: Visitor, text: string): Promise<void> => {
  const box = visitor.page.getByRole('textbox', { name: /^Message / });
  await box.fill(text);
  await box.press('Enter');
};
const sees = (visitor: Visitor, text: string) => history(visitor).getByText(text, { exact: true }).waitFor({ timeout });

/** From the dialog, by the beginning of a username, with the keyboard where it matters. */
async function startDirect(visitor: Visitor, other: Visitor): Promise<void> {
  const { page } = visitor;
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Search people by name or username').fill(other.username);
  await dialog.getByText(`@${other.username}`).click();
  await dialog.getByRole('button', { name: 'Start conversation' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

if (process.env.CI && !chromiumPath)
  throw new Error('Chromium is missing: apt-get install chromium, or set CHROMIUM_PATH');

describe.skipIf(!chromiumPath)('two people in two browsers', () => {
  let server: TestServer;
  let browser: Browser;
  let ann: Visitor;
  let bob: Visitor;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    ann = await visit(browser, server.url, 'Ann');
    bob = await visit(browser, server.url, 'Bob', { width: 390, colorScheme: 'dark' });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('they find each other and talk, live, with unread badge and ticks', async () => {
    await startDirect(ann, bob);
    await write(ann, 'Hello Bob');
    await sees(ann, 'Hello Bob');
    const entry = bob.page.getByRole('link', { name: /Ann/ });
    await entry.getByText('Hello Bob').waitFor({ timeout });
    await bob.page.getByText('1 unread message').waitFor({ state: 'attached', timeout });
    await entry.click();
    await sees(bob, 'Hello Bob');
    await history(ann).getByRole('img', { name: 'Read', exact: true }).waitFor({ timeout });
    await bob.page.getByRole('textbox', { name: /^Message / }).pressSequentially('Hi');
    await ann.page.getByText('Bob is writing…').first().waitFor({ timeout });
    await write(bob, 'Hi Ann');
    await sees(ann, 'Hi Ann');
    expect(await bob.page.getByText(/unread message/).count()).toBe(0);
  });

  test('on a phone’s width nothing sticks out, and Back leads to the list', async () => {
    const widths = await bob.page.evaluate('[document.documentElement.scrollWidth, window.innerWidth]');
    expect((widths as number[])[0]).toBeLessThanOrEqual((widths as number[])[1] as number);
    await bob.page.getByLabel('Back to conversations').click();
    await bob.page.getByRole('button', { name: 'New conversation' }).first().waitFor({ timeout });
    await bob.page.getByRole('link', { name: /Ann/ }).click();
    await sees(bob, 'Hi Ann');
  });

  test('a long conversation is paged backwards and only what is visible is in the page', async () => {
    for (let i = 1; i <= 120; i++) await write(ann, `line ${i}`);
    await sees(bob, 'line 120');
    await bob.page.reload();
    await sees(bob, 'line 120');
    await history(bob).hover();
    await expect
      .poll(
        async () => {
          await bob.page.mouse.wheel(0, -2_000);
          return history(bob).getByText('Hello Bob', { exact: true }).count();
        },
        { timeout },
      )
      .toBe(1);
    await sees(bob, 'Hello Bob');
    expect(
      await history(bob)
        .getByText(/^line \d+$/)
        .count(),
    ).toBeLessThan(100);
    await bob.page.getByRole('button', { name: 'To the newest message' }).click();
    await sees(bob, 'line 120');
  });

  test('what is written while the server is down is sent when it is back, and kill -9 loses nothing', async () => {
    await server.kill('SIGKILL');
    await write(ann, 'written in the dark');
    await history(ann).getByRole('img', { name: 'Sending' }).waitFor({ timeout });
    await server.start();
    await history(bob)
      .getByText('written in the dark', { exact: true })
      .waitFor({ state: 'attached', timeout: 120_000 });
    await ann.page.reload();
    await sees(ann, 'written in the dark');
    expect(await history(ann).getByText('written in the dark', { exact: true }).count()).toBe(1);
  });

  test('the keyboard is enough: write, break a line, edit the last message', async () => {
    const { page } = ann;
    const box = page.getByRole('textbox', { name: /^Message / });
    await box.focus();
    await page.keyboard.type('first');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second');
    await page.keyboard.press('Enter');
    await history(ann).getByText('first\nsecond').waitFor({ timeout });
    await page.keyboard.press('ArrowUp');
    await page.getByText('Editing your message').waitFor({ timeout });
    await page.keyboard.press('Control+A');
    await page.keyboard.type('edited by hand');
    await page.keyboard.press('Enter');
    await sees(ann, 'edited by hand');
    await history(bob).getByText('edited by hand', { exact: true }).waitFor({ state: 'attached', timeout });
  });

  test('a new name and the end of an account are shown at once, on every page that shows them', async () => {
    const { page } = ann;
    const settings = await bob.page.context().newPage();
    await settings.goto(`${server.url}/app/settings`);
    await settings.getByLabel('Name', { exact: true }).waitFor({ timeout });
    const ask = (method: string, body: object) =>
      bob.page.evaluate(
        ([asked, sent]) =>
          fetch('/api/v1/me', {
            method: asked as string,
            headers: { 'content-type': 'application/json' },
            body: sent as string,
          }).then(({ status }) => status),
        [method, JSON.stringify(body)],
      );
    expect(await ask('PATCH', { name: 'Robert' })).toBe(200);
    await page.getByRole('heading', { name: 'Robert' }).waitFor({ timeout });
    await page.getByRole('link', { name: /Robert/ }).waitFor({ timeout });
    expect(await page.getByText('Bob', { exact: true }).count()).toBe(0);
    await expect.poll(() => settings.getByLabel('Name', { exact: true }).inputValue(), { timeout }).toBe('Robert');

    expect(await ask('DELETE', { password: 'correct horse battery' })).toBe(204);
    await page.getByRole('heading', { name: 'Deleted account' }).waitFor({ timeout });
    await page.getByText('This account has been deleted.', { exact: false }).waitFor({ timeout });
    expect(await page.getByRole('textbox', { name: /^Message / }).count()).toBe(0);
    await sees(ann, 'edited by hand');
  });

  test('nothing broke in the pages, and they asked no other host for anything', () => {
    expect(ann.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });
});
