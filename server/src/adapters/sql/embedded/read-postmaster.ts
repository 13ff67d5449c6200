import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** What postmaster.pid says of the server that runs, or ran, on a data folder. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** It takes connections. */
  readonly ready: boolean;
  /** The process is alive and works in this folder; false: the file is stale, or its number now belongs to somebody else. */
  readonly running: boolean;
}

/** undefined: none is running and the last one ended well. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // pid, data folder, start, port, socket folder, address, shared memory, status
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return {
    pid,
    port: Number.parseInt(lines[3] ?? '', 10),
    ready: (lines[7] ?? '').trim() === 'ready',
    running: isServerOf(pid, dataDir),
  };
}

/** Whether a process of that number exists; it may be of another user. */
export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Numbers are reused, in containers at once, and a killed child of a process that never waits stays as a zombie: only a
 * process whose working folder is the data folder is its server.
 */
export function isServerOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === dataDir;
    } catch {
      return false;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes('postgres') && stdout.includes(dataDir);
}
