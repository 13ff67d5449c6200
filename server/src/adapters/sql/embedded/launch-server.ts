import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './locate-binaries.ts';
import type { Place } from './place-data.ts';
import { isAlive, isServerOf, readPostmaster } from './read-postmaster.ts';
import { openServerLog, readServerLog, serverLogFile } from './server-log.ts';
import { settingsArguments } from './settings.ts';

/** What it said when it ended before it took connections. */
export interface Ended {
  readonly said: string;
}

/**
 * Starts the server and waits until it takes connections or ends. It gets a session of its own, so that neither Ctrl-C nor the end
 * of our process group reaches it: it ends only by `stopServer`, and survives our SIGKILL for the next start to find.
 */
export async function launchServer(place: Place, binaries: Binaries, port: number): Promise<Ended | undefined> {
  const file = serverLogFile(place.dataDir);
  const stale = readPostmaster(place.dataDir);
  const log = openServerLog(file);
  const child = spawn(binaries.postgres, ['-D', place.dataDir, '-p', String(port), ...settingsArguments()], {
    ...place.user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    // PostgreSQL refuses to start while the process of a stale postmaster.pid is alive. When that number belongs to somebody
    // else by now, this is how pg_ctl too tells it whom to disregard; its check of the shared memory stays.
    env: stale && isAlive(stale.pid) ? { PG_GRANDPARENT_PID: String(stale.pid) } : {},
  });
  closeSync(log.fd);
  child.unref();
  const ended = new Promise<true>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve(true));
  });
  for (;;) {
    if (await Promise.race([ended, pause(5)])) return { said: readServerLog(file, log.size) };
    const postmaster = readPostmaster(place.dataDir);
    if (postmaster?.pid === child.pid && postmaster?.ready) return undefined;
  }
}

const patienceMs = 20_000;

/**
 * Fast shutdown: open transactions are rolled back, connections ended, a checkpoint written. A replication connection whose
 * other side hangs would hold that up for ever: after 20 s the server is ended at once, and recovers at the next start.
 */
export async function stopServer(dataDir: string): Promise<void> {
  const postmaster = readPostmaster(dataDir);
  if (!postmaster?.running) return;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!signalServer(postmaster.pid, signal)) return;
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      if (!isServerOf(postmaster.pid, dataDir)) return;
      await pause(5);
    }
  }
  throw new Error(`PostgreSQL (process ${postmaster.pid}) does not end.`);
}

/** Immediate shutdown without waiting for it; SIGCONT, because a server that was stopped would otherwise never hear of it. */
export function abandonServer(dataDir: string): void {
  const postmaster = readPostmaster(dataDir);
  if (!postmaster?.running) return;
  signalServer(postmaster.pid, 'SIGQUIT');
  signalServer(postmaster.pid, 'SIGCONT');
}

function signalServer(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
