import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiskBlobs } from './create-disk-blobs.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-disk-'));
const full = path.join(folder, 'full');
let mounted = false;

/** A file system of its own, small enough to fill; needs root, as in the container that runs the tests. */
beforeAll(() => {
  mkdirSync(full);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'none', full], { stdio: 'ignore' });
    mounted = true;
  } catch {
    mounted = false;
  }
});

afterAll(() => {
  if (mounted) execFileSync('umount', [full]);
  rmSync(folder, { recursive: true });
});

test('a full disk reads storage.full, leaves nothing, and room makes it work again', async ({ skip }) => {
  if (!mounted) skip('no small file system can be mounted here');
  const blobs = createDiskBlobs({ folder: full });
  const large = () => Readable.from([Buffer.alloc(300_000)]);
  await expect(blobs.put('large', large(), { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'storage.full' });
  expect(await blobs.get('large')).toBeNull();
  expect(readdirSync(path.join(full, '.incoming'))).toEqual([]);
  await blobs.put('small', Readable.from([Buffer.alloc(1_000)]), { maxBytes: 1_000_000 });
});

test('while storage runs out nothing is taken, and what there is can be read and deleted', async () => {
  const state = { full: false };
  const blobs = createDiskBlobs({ folder: path.join(folder, 'guarded'), full: () => state.full });
  const put = (key: string) => blobs.put(key, Readable.from([Buffer.alloc(10)]), { maxBytes: 10 });
  await put('before');
  state.full = true;
  await expect(put('after')).rejects.toMatchObject({ code: 'storage.full' });
  const found = await blobs.get('before');
  expect(found?.size).toBe(10);
  found?.stream.destroy();
  await blobs.delete('before');
  state.full = false;
  await put('after');
});

test('what a crashed process left half-written is removed after a day', async () => {
  const incoming = path.join(folder, 'crashed', '.incoming');
  mkdirSync(incoming, { recursive: true });
  for (const name of ['old', 'new']) writeFileSync(path.join(incoming, name), 'half');
  const twoDaysAgo = Date.now() / 1_000 - 2 * 86_400;
  utimesSync(path.join(incoming, 'old'), twoDaysAgo, twoDaysAgo);
  const blobs = createDiskBlobs({ folder: path.join(folder, 'crashed') });
  await blobs.put('a', Readable.from([Buffer.from('x')]), { maxBytes: 10 });
  expect(readdirSync(incoming)).toEqual(['new']);
});
