import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { withLock } from '../../setup/lock.mjs';
import { cache } from '../../setup/paths.mjs';
import { run, runWithRetries } from '../../setup/run.mjs';

/** Debian's packages ask this program whether they may start their service. */
const policy = '/usr/sbin/policy-rc.d';

/** One installation at a time: engines are brought up side by side, and apt-get waits for nobody when it reads its lists. */
export const installing = (work) => withLock(`${cache}/install.lock`, work);

/**
 * Installs Debian packages without letting them start their services: the engines run from our own folder.
 *
 * @param {readonly string[]} packages
 * @param {() => boolean} isThere whether what they bring is there already: then nothing is done
 * @param {(text: string) => void} log
 */
export async function installPackages(packages, isThere, log) {
  if (isThere()) return;
  await installing(() => installMissing(packages, isThere, log));
}

async function installMissing(packages, isThere, log) {
  if (isThere()) return;
  const advice = `install ${packages.join(' ')} (Debian: apt-get install ${packages.join(' ')}), then try again`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`It is not installed, and only root on Debian can be helped: ${advice}.`);
  }
  log(`installing ${packages.join(' ')} …`);
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const quietly = { env: { DEBIAN_FRONTEND: 'noninteractive' }, quiet: true };
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    await runWithRetries('apt-get', [...wait, 'update', '-qq'], quietly);
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    const installed = await runWithRetries('apt-get', [...wait, ...install], quietly);
    if (installed.code !== 0) throw new Error(`apt-get failed; ${advice}.\n${installed.output}`);
  } finally {
    if (ours) rmSync(policy);
  }
}

/** Keeps a package's own service from starting with the machine and stops it now, where systemd runs. */
export async function stopService(service) {
  if (process.getuid?.() !== 0 || !existsSync('/run/systemd/system')) return;
  await run('systemctl', ['disable', '--now', service], { quiet: true });
}
