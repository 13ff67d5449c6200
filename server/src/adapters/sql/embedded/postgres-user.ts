import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** Who PostgreSQL runs as: it refuses root. Undefined: as ourselves. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** "nobody": exists everywhere without anybody creating it. */
const nobody: SystemUser = { uid: 65534, gid: 65534 };

/** As root, the owner of an existing data folder goes on owning it, else nobody; everyone else runs it as themselves. */
export function postgresUser(dataDir?: string): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = dataDir === undefined ? undefined : statSync(dataDir, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody;
}

/** Whether that user may pass through every folder on the way and enter this one. */
export function canEnter(dir: string, user: SystemUser | undefined): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', dir], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
