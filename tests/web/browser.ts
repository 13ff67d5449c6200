import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, or the one CHROMIUM_PATH names; null where there is none. */
export const chromiumPath: string | null =
  [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  ) ?? null;

/** Starts it without a window and without anything that looks for the network by itself. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath as string,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Visitor {
  readonly page: Page;
  readonly username: string;
  /** What went wrong in the page: uncaught errors, requests to other hosts. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Somebody with a browser of their own, signed up. */
export async function visit(
  browser: Browser,
  url: string,
  name: string,
  look: { readonly width?: number; readonly height?: number; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1200, height: look.height ?? 800 },
    colorScheme: look.colorScheme ?? 'light',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|ws):/.test(request.url()))
      complaints.push(`asked for ${request.url()}`);
  });
  const username = `${name}-${Math.random().toString(36).slice(2, 8)}`;
  await page.goto(url);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Username', { exact: true }).fill(username);
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'New conversation' }).first().waitFor();
  return { page, username, complaints, close: () => context.close() };
}
