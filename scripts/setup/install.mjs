import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { root } from './paths.mjs';
import { runWithRetries } from './run.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

const stampPath = `${root}/node_modules/.parley-install`;

/**
 * Installs the dependencies when node_modules is missing or does not match package-lock.json; else costs a few milliseconds.
 * A tree that somebody installed by hand and that holds what the lock asks for is taken as it is.
 *
 * @returns {Promise<void>} rejects with a message for people when npm fails three times
 */
export async function install() {
  const wanted = wantedStamp();
  if (readStamp(stampPath) === wanted) return;
  if (!matchesLock()) {
    console.error('Installing dependencies (npm ci, about a minute the first time) …');
    const result = await runWithRetries('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (result.code !== 0) {
      throw new Error(
        'npm ci failed three times; its messages are above. Check the network and the registry (npm ping), then retry.',
      );
    }
  }
  writeStamp(stampPath, wanted);
}

function wantedStamp() {
  return createHash('sha256')
    .update(readFileSync(`${root}/package-lock.json`))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
}

/** npm notes in node_modules/.package-lock.json what it really installed. */
function matchesLock() {
  const installedPath = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(installedPath)) return false;
  return holdsAll(
    JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')),
    JSON.parse(readFileSync(installedPath, 'utf8')),
    { os: process.platform, cpu: process.arch },
  );
}

/**
 * Whether the tree `installed` holds, at the right version, everything of `lock` that this machine needs.
 *
 * @param {{packages: Record<string, any>}} lock
 * @param {{packages: Record<string, any>}} installed
 * @param {{os: string, cpu: string}} machine
 */
export function holdsAll(lock, installed, machine) {
  return Object.entries(lock.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link) return true;
    // A package for other machines is never installed; an optional one for every machine may have failed to build.
    const needed =
      !(entry.optional || entry.devOptional) ||
      (entry.os?.includes(machine.os) && (entry.cpu?.includes(machine.cpu) ?? true) && isGlibc(entry));
    return !needed || installed.packages[path]?.version === entry.version;
  });
}

/** Packages for musl carry `libc: ["musl"]`; the embedded PostgreSQL needs glibc anyway. */
function isGlibc(entry) {
  return !entry.libc || entry.libc.includes('glibc');
}
