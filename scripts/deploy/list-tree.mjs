import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} folder
 * @returns {{path: string, bytes: number}[]} every file below it; links are files
 */
export function listTree(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listTree(path) : [{ path, bytes: lstatSync(path).size }];
  });
}
