import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const never = new Set(['node_modules', 'dist', 'dist-types', 'generated', '.cache', '.git']);

/**
 * The files below `folders` whose path matches, sorted.
 *
 * @param {string} base
 * @param {readonly string[]} folders relative to `base`; one that is missing holds nothing
 * @param {RegExp} pattern
 * @returns {string[]} paths relative to `base`
 */
export function listFiles(base, folders, pattern) {
  return folders
    .filter((folder) => existsSync(join(base, folder)))
    .flatMap((folder) => {
      const entries = readdirSync(join(base, folder), { withFileTypes: true });
      return entries.flatMap((entry) => {
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory()) return never.has(entry.name) ? [] : listFiles(base, [path], pattern);
        return pattern.test(path) ? [path] : [];
      });
    })
    .sort();
}
