import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installing } from '../engines/support/packages.mjs';
import { runWithRetries } from '../setup/run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/**
 * A Chromium of this machine, installed from Debian's packages when we may; as the environment the web suite reads.
 *
 * @returns {Promise<{env: Record<string, string>} | null>}
 */
export async function findChromium() {
  let path = inPath();
  if (!path && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.error('Installing Chromium for the web suite (apt-get) …');
    await installing(installChromium);
    path = inPath();
  }
  return path ? { env: { CHROMIUM_PATH: path } } : null;
}

async function installChromium() {
  const quietly = { env: { DEBIAN_FRONTEND: 'noninteractive' }, quiet: true };
  await runWithRetries('apt-get', ['update', '-qq'], quietly);
  const packages = ['chromium', 'fonts-dejavu-core'];
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  const installed = await runWithRetries('apt-get', args, quietly);
  if (installed.code !== 0) console.error(installed.output);
}

function inPath() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...elsewhere].find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
