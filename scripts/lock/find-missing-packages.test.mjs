import { expect, test } from 'vitest';
import { findMissingPackages } from './find-missing-packages.mjs';

const lockOf = (optionalDependencies, others = {}) => ({
  packages: { 'node_modules/a': { version: '1.0.0', dev: true, optionalDependencies }, ...others },
});

test('a lock that holds every optional package misses nothing', () => {
  const others = { 'node_modules/a-linux-x64': { version: '1.0.0' }, 'web/node_modules/a-darwin-x64': {} };
  expect(findMissingPackages(lockOf({ 'a-linux-x64': '1.0.0', 'a-darwin-x64': '1.0.0' }, others))).toEqual([]);
});

test('a missing one is described by its name, so that npm passes it over elsewhere', () => {
  const missing = findMissingPackages(
    lockOf({ '@a/core-linux-x64-musl': '1.0.0', '@a/core-win32-arm64-msvc': '1.0.0' }),
  );
  const entry = { version: '1.0.0', dev: true, optional: true };
  expect(missing).toEqual([
    { path: 'node_modules/@a/core-linux-x64-musl', entry: { ...entry, os: ['linux'], cpu: ['x64'], libc: ['musl'] } },
    { path: 'node_modules/@a/core-win32-arm64-msvc', entry: { ...entry, os: ['win32'], cpu: ['arm64'] } },
  ]);
});

test('what cannot be described is an error', () => {
  expect(() => findMissingPackages(lockOf({ 'a-extra': '1.0.0' }))).toThrow('does not say for which system');
  expect(() => findMissingPackages(lockOf({ 'a-linux-x64': '^1.0.0' }))).toThrow('names no version');
});
