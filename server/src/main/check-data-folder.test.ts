import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkDataFolder } from './check-data-folder.ts';

function createFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const plenty = () => 1e12;

test('a folder that is not there is made', () => {
  const folder = path.join(createFolder(), 'a', 'b');
  checkDataFolder(folder, plenty);
  expect(existsSync(folder)).toBe(true);
});

test.each(['file', 'file/below'])('a %s is named, with what to do', (name) => {
  const folder = createFolder();
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => checkDataFolder(path.join(folder, name), plenty)).toThrow(
    `${path.join(folder, name)} is a file, or lies below one, and has to be a folder: move the file away, or give another folder with --data`,
  );
});

test.each([
  [() => 0, '0 MB free'],
  [() => 10 * 1024 * 1024, '10 MB free'],
  [
    () => {
      throw Object.assign(new Error('no'), { code: 'ENOSPC' });
    },
    '0 MB free',
  ],
  [
    () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    },
    'cannot be made by this user',
  ],
])('a folder that cannot be started in is named, with what to do', (freeBytes, said) => {
  const folder = createFolder();
  const check = () => checkDataFolder(folder, freeBytes);
  expect(check).toThrow(folder);
  expect(check).toThrow(said);
  expect(check).toThrow('or give another folder with --data');
});
