import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../harness/index.ts';
import { postmasterIn } from '../../harness/server.ts';

let server: TestServer;
let stopped: readonly number[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  signal('SIGCONT');
  await server?.stop();
});

function signal(name: NodeJS.Signals): void {
  for (const pid of stopped) {
    try {
      process.kill(pid, name);
    } catch {} // it has ended
  }
}

/** PostgreSQL and all its processes: they keep their connections and answer nobody. */
function stopDatabase(): void {
  const postmaster = postmasterIn(path.join(server.data, 'postgres'));
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' });
  stopped = [postmaster, ...children.trim().split(/\s+/).map(Number)];
  signal('SIGSTOP');
}

const readiness = async (): Promise<number> => (await fetch(`${server.adminUrl}/readyz`)).status;

test('a database that stands still is told within 5 s, and does not keep the process from ending', async () => {
  expect(await readiness()).toBe(200);
  stopDatabase();
  await expect.poll(readiness, { timeout: 5_000 }).toBe(503);
  signal('SIGCONT');
  await expect.poll(readiness, { timeout: 20_000 }).toBe(200);

  stopDatabase();
  const before = performance.now();
  // Not `expect.poll`: the process must end by itself.
  expect(await server.kill('SIGTERM')).toBe(1);
  expect(performance.now() - before).toBeLessThan(11_000);
  expect(server.log()).toContain('something hangs');
  // Nothing stays behind that would hold the data.
  const pidFile = path.join(server.data, 'postgres', 'postmaster.pid');
  await expect.poll(() => existsSync(pidFile) && isAlive(stopped[0] as number), { timeout: 20_000 }).toBe(false);
  await server.start();
  expect(await readiness()).toBe(200);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
