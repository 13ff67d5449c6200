import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files that only one of two folders has, or that differ.
 *
 * @param {string} expected
 * @param {string} actual may be absent: then it holds nothing
 * @returns {string[]} paths relative to both, sorted
 */
export function findDifferences(expected, actual) {
  const paths = new Set([...listPaths(expected), ...listPaths(actual)]);
  return [...paths].sort().filter((path) => !isEqual(join(expected, path), join(actual, path)));
}

function listPaths(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((path) => statSync(join(folder, path)).isFile());
}

function isEqual(a, b) {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}
