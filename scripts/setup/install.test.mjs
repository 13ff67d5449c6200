import { expect, test } from 'vitest';
import { isNodeNewEnough } from './check-node.mjs';
import { holdsAll } from './install.mjs';

const linux = { os: 'linux', cpu: 'x64' };
const lock = (packages) => ({ packages });

test('a tree with every package at its version holds all', () => {
  const packages = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/w': { link: true }, web: {} };
  expect(holdsAll(lock(packages), lock({ 'node_modules/a': { version: '1.0.0' } }), linux)).toBe(true);
});

test('a package that is missing or of another version is noticed', () => {
  const wanted = lock({ 'node_modules/a': { version: '1.0.0' } });
  expect(holdsAll(wanted, lock({}), linux)).toBe(false);
  expect(holdsAll(wanted, lock({ 'node_modules/a': { version: '0.9.0' } }), linux)).toBe(false);
});

test('a binary package is needed on its machine only', () => {
  const wanted = lock({ 'node_modules/pg-linux': { version: '18.0.0', optional: true, os: ['linux'], cpu: ['x64'] } });
  expect(holdsAll(wanted, lock({}), linux)).toBe(false);
  expect(holdsAll(wanted, lock({}), { os: 'linux', cpu: 'arm64' })).toBe(true);
  expect(holdsAll(wanted, lock({}), { os: 'darwin', cpu: 'x64' })).toBe(true);
});

test('an optional package for every machine may be absent', () => {
  expect(holdsAll(lock({ 'node_modules/o': { version: '1.0.0', optional: true } }), lock({}), linux)).toBe(true);
});

test.each([
  ['v20.19.0', true],
  ['v20.18.3', false],
  ['v18.20.0', false],
  ['v22.0.0', true],
  ['24.1.0', true],
])('Node %s is new enough: %s', (version, expected) => {
  expect(isNodeNewEnough(version)).toBe(expected);
});
