import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

let folder;
let path;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('only one holds the lock, and all come to hold it', async () => {
  let holders = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++holders);
    await new Promise((resolve) => setImmediate(resolve));
    holders--;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(most).toBe(1);
  expect(existsSync(path)).toBe(false);
});

test('the lock is given back when the work fails', async () => {
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(path, async () => 'mine')).toBe('mine');
});

test('who waits is told for whom', async () => {
  const waitedFor = [];
  let finish;
  const first = withLock(path, () => new Promise((resolve) => (finish = resolve)));
  const second = withLock(
    path,
    async () => {},
    (pid) => {
      waitedFor.push(pid);
      finish();
    },
  );
  await Promise.all([first, second]);
  expect(waitedFor).toEqual([process.pid]);
});

test('the lock of a process that is gone is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(path, `${pid}\n`);
  expect(await withLock(path, async () => 'mine')).toBe('mine');
});

test('a lock that nobody has touched for long is taken over, though its pid lives', async () => {
  writeFileSync(path, `${process.pid}\n`);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(path, longAgo, longAgo);
  expect(await withLock(path, async () => 'mine')).toBe('mine');
});
