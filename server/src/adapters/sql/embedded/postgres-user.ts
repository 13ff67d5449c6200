import { spawnSync } from 'node:child_process';
import { lchownSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../../kernel/errors.ts';

/** Who PostgreSQL runs as: it refuses root. Undefined: as ourselves. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Made for nothing else, so that nobody else's program reads the files of the database, its password among them. */
const name = 'parley';

/** "nobody" is shared by whatever has no user of its own. Earlier versions ran PostgreSQL as it. */
export const nobody = 65534;

/** As root, the owner of an existing data folder goes on owning it, unless it is nobody; else `parley`. Everyone else: themselves. */
export function postgresUser(dataDir?: string): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = dataDir === undefined ? undefined : statSync(dataDir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0 && owner.uid !== nobody) return { uid: owner.uid, gid: owner.gid };
  return findUser() ?? createUser();
}

function findUser(): SystemUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((what) => spawnSync('id', [what, name], { encoding: 'utf8' }));
  if (uid?.status !== 0 || gid?.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** With a line in the list of users, for initdb looks itself up there: a number alone does not do. */
function createUser(): SystemUser {
  const said: string[] = [];
  // Another process may be making it at this moment, and hold the list.
  for (let attempt = 0; attempt < 5; attempt++) {
    const args = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
    const made = spawnSync('useradd', [...args, '--shell', '/usr/sbin/nologin', name], { encoding: 'utf8' });
    const user = findUser();
    if (user) return user;
    said.push(made.error?.message ?? made.stderr.trim());
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  throw fail(
    'service.unavailable',
    `PostgreSQL does not run as root, and the user "${name}" that it would run as cannot be made (${said.at(-1)}). ` +
      `Make it (useradd --system --user-group ${name}), start Parley as another user than root, or give --database-url.`,
  );
}

/** Makes a data folder of an earlier version the user's. Nothing may run on it. */
export function giveTo(user: SystemUser, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) giveTo(user, file);
    else lchownSync(file, user.uid, user.gid);
  }
  // The folder last: as long as it is nobody's, a start that was interrupted is done again.
  lchownSync(folder, user.uid, user.gid);
}

/** Whether that user may pass through every folder on the way and enter this one. */
export function canEnter(dir: string, user: SystemUser | undefined): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', dir], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
