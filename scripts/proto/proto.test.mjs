import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDifferences } from './find-differences.mjs';
import { writeDescriptors } from './write-descriptors.mjs';

let base;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-proto-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(files) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(base, path, '..'), { recursive: true });
    writeFileSync(join(base, path), text);
  }
}

test('equal folders do not differ', () => {
  write({ 'a/x.ts': '1', 'a/deep/y.ts': '2', 'b/x.ts': '1', 'b/deep/y.ts': '2' });
  expect(findDifferences(join(base, 'a'), join(base, 'b'))).toEqual([]);
});

test('what is changed, missing or left over differs', () => {
  write({ 'a/x.ts': '1', 'a/deep/y.ts': '2', 'b/x.ts': 'changed', 'b/old.ts': '3' });
  expect(findDifferences(join(base, 'a'), join(base, 'b'))).toEqual(['deep/y.ts', 'old.ts', 'x.ts']);
  expect(findDifferences(join(base, 'a'), join(base, 'none'))).toEqual(['deep/y.ts', 'x.ts']);
});

test('an image is taken apart into its files', () => {
  // Two files (field 1, bytes) around a field that is not known (2, varint).
  const image = Uint8Array.of(0x0a, 2, 1, 2, 0x10, 7, 0x0a, 1, 3);
  const [first, second] = [...writeDescriptors(image).matchAll(/^ {2}'(.*)',$/gm)].map((match) => match[1]);
  expect([...Buffer.from(first, 'base64')]).toEqual([1, 2]);
  expect([...Buffer.from(second, 'base64')]).toEqual([3]);
});
