import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestInputs } from './stamp.mjs';

let base;
let before;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-stamp-'));
  mkdirSync(join(base, 'src/deep'), { recursive: true });
  mkdirSync(join(base, 'src/node_modules'));
  writeFileSync(join(base, 'src/deep/a.ts'), 'a');
  before = digestInputs(base, ['src']);
});
afterEach(() => rmSync(base, { recursive: true }));

test('nothing changed, nothing differs', () => {
  expect(digestInputs(base, ['src'])).toBe(before);
});

test('a file that was touched, added or removed differs', () => {
  utimesSync(join(base, 'src/deep/a.ts'), new Date(0), new Date(0));
  const touched = digestInputs(base, ['src']);
  writeFileSync(join(base, 'src/b.ts'), '');
  const added = digestInputs(base, ['src']);
  rmSync(join(base, 'src/deep/a.ts'));
  const removed = digestInputs(base, ['src']);
  expect(new Set([before, touched, added, removed]).size).toBe(4);
});

test('what a build or an install leaves behind is no input', () => {
  writeFileSync(join(base, 'src/node_modules/x.js'), '');
  writeFileSync(join(base, 'src/tsconfig.tsbuildinfo'), '');
  expect(digestInputs(base, ['src'])).toBe(before);
});

test('an input that is missing is part of the digest', () => {
  expect(digestInputs(base, ['src', 'gone'])).not.toBe(before);
});
