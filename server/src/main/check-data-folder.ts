import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import path from 'node:path';

/** The embedded PostgreSQL takes some 40 MB before anybody has said anything; where it is there, a server that can only read still starts. */
const firstBytes = 64 * 1024 * 1024;
const laterBytes = 1024 * 1024;

/**
 * The folder of `--data` exists afterwards and has room to start in; what is wrong is said with its path and what to do, before anything
 * is half made in it.
 */
export function checkDataFolder(
  folder: string,
  freeBytes: (folder: string) => number = (at) => {
    const { bavail, bsize } = statfsSync(at);
    return bavail * bsize;
  },
): void {
  const full = path.resolve(folder);
  let free: number;
  try {
    mkdirSync(full, { recursive: true, mode: 0o755 });
    free = freeBytes(full);
  } catch (error) {
    throw new Error(explain(full, error as NodeJS.ErrnoException), { cause: error });
  }
  const least = existsSync(path.join(full, 'postgres', 'PG_VERSION')) ? laterBytes : firstBytes;
  if (free < least) throw new Error(noRoom(full, free, least));
}

const otherwise = 'or give another folder with --data';
const noRoom = (folder: string, free: number, least: number): string =>
  `${folder} has ${Math.floor(free / 1024 / 1024)} MB free and a start takes ${least / 1024 / 1024}: make room, ${otherwise}`;

function explain(folder: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `${folder} is a file, or lies below one, and has to be a folder: move the file away, ${otherwise}`;
    case 'EACCES':
    case 'EPERM':
      return `${folder} cannot be made by this user: give it the right to, ${otherwise}`;
    case 'EROFS':
      return `${folder} lies on a file system that is read-only: mount it writable, ${otherwise}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return noRoom(folder, 0, firstBytes);
    default:
      return `${folder} cannot be used (${code ?? message}): mend it, ${otherwise}`;
  }
}
