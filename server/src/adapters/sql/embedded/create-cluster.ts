import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../../kernel/errors.ts';
import { syncFolder } from '../sync-folder.ts';
import type { Binaries } from './locate-binaries.ts';
import { hasCluster, type Place } from './place-data.ts';
import { isAlive } from './read-postmaster.ts';

export const superuser = 'parley';
const passwordFile = 'parley.password';

/**
 * Makes the cluster unless it exists. It is made in a sibling folder and renamed when complete, so that a kill at any moment
 * leaves either nothing or a whole cluster (MESSAGE-PATH rule 27); two at once end with one of the two.
 */
export async function createCluster(place: Place, binaries: Binaries): Promise<void> {
  removeUnfinished(place.dataDir);
  if (hasCluster(place.dataDir)) return;
  const folder = `${place.dataDir}${unfinished}${process.pid}-${randomBytes(4).toString('hex')}`;
  mkdirSync(folder, { mode: 0o700 });
  try {
    const password = path.join(folder, 'password');
    writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o600 });
    if (place.user) for (const file of [folder, password]) chownSync(file, place.user.uid, place.user.gid);
    const cluster = path.join(folder, 'cluster');
    await initdb(binaries, place, cluster, password);
    renameSync(password, path.join(cluster, passwordFile));
    rename(cluster, place.dataDir);
    await syncFolder(path.dirname(place.dataDir));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only the owner of the cluster and root can read it. */
export function readPassword(dataDir: string): string {
  return readFileSync(path.join(dataDir, passwordFile), 'utf8').trim();
}

/** The major is pinned: PostgreSQL cannot open the files of another one. */
export function checkMajor(dataDir: string, binaries: Binaries): void {
  const made = readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (made === binaries.major) return;
  throw fail(
    'service.unavailable',
    `${dataDir} was made by PostgreSQL ${made}, this Parley brings PostgreSQL ${binaries.major}. ` +
      'Run `parley backup FILE` with the Parley that made it, move the folder away, then `parley restore FILE` with this one.',
  );
}

const unfinished = '.new-';

/** Of processes that were killed during initdb. */
function removeUnfinished(dataDir: string): void {
  const prefix = path.basename(dataDir) + unfinished;
  for (const name of readdirSync(path.dirname(dataDir))) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    // an orphaned initdb may still be writing into it; then the next start removes it
    rmSync(path.join(path.dirname(dataDir), name), { recursive: true, force: true, maxRetries: 3 });
  }
}

async function initdb(binaries: Binaries, place: Place, cluster: string, password: string): Promise<void> {
  // --lc-ctype: with plain C pg_trgm takes no CJK character for a letter
  const args = ['-D', cluster, '-U', superuser, '-A', 'scram-sha-256', `--pwfile=${password}`];
  args.push('-E', 'UTF8', '--locale=C', '--lc-ctype=C.UTF-8');
  const child = spawn(binaries.initdb, args, { ...place.user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-4000);
  });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status === 0) return;
  throw startFailure(place.dataDir, said);
}

/** What the start of PostgreSQL died of, as something an operator can act upon. */
export function startFailure(dataDir: string, said: string) {
  if (/No space left on device|Check free disk space|Disk quota exceeded|ENOSPC|EDQUOT/.test(said)) {
    return fail(
      'storage.full',
      `PostgreSQL cannot start: the disk that holds ${dataDir} is full. Make room and start again.`,
    );
  }
  return fail(
    'service.unavailable',
    `PostgreSQL cannot start on ${dataDir}:\n${said.trim().split('\n').slice(-8).join('\n')}`,
  );
}

function rename(cluster: string, dataDir: string): void {
  try {
    renameSync(cluster, dataDir);
    chmodSync(dataDir, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // another process was faster: its cluster is as good
    if ((code === 'ENOTEMPTY' || code === 'EEXIST') && hasCluster(dataDir)) return;
    throw error;
  }
}
