import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cache, root } from '../setup/paths.mjs';

/**
 * A copy of the tree as it is, changes not committed included, without what is built. The packages are those of this tree; our own
 * among them are the copy's.
 *
 * @param {string} name of the folder in `.cache/examples`; an earlier copy there is removed
 * @returns {string} the copy's root
 */
export function copyTree(name) {
  const target = join(cache, 'examples', name);
  rmSync(target, { recursive: true, force: true });
  for (const path of listTree(root)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path));
  }
  const folders = ['', ...readdirSync(root)].filter((folder) => existsSync(join(root, folder, 'node_modules')));
  for (const folder of folders) linkPackages(join(root, folder, 'node_modules'), join(target, folder, 'node_modules'));
  return target;
}

function linkPackages(from, to) {
  mkdirSync(join(to, '@parley'), { recursive: true });
  for (const entry of readdirSync(from)) {
    if (entry === '.cache' || entry === '@parley') continue;
    symlinkSync(join(from, entry), join(to, entry));
  }
  const ours = join(from, '@parley');
  if (!existsSync(ours)) return;
  for (const entry of readdirSync(ours)) symlinkSync(readlinkSync(join(ours, entry)), join(to, '@parley', entry));
}

/** What git knows or would take in, by path. */
function listTree(folder) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 });
  return [...new Set(listed.split('\0'))].filter((path) => path && existsSync(join(folder, path)));
}

const built = /(^|\/)(node_modules|dist|dist-types|\.cache)(\/|$)|\.tsbuildinfo$/;

/**
 * Every file of a copy by path, without what is built.
 *
 * @param {string} folder
 * @returns {Map<string, string>}
 */
export function readTree(folder) {
  const files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (entry.isFile() && !built.test(path)) files.set(path, readFileSync(join(folder, path), 'latin1'));
  }
  return files;
}

/**
 * What has changed between two readings of a copy, file by file: how many lines were taken out or put in.
 *
 * @param {Map<string, string>} before
 * @param {Map<string, string>} after
 * @returns {{path: string, lines: number}[]}
 */
export function compareTrees(before, after) {
  const changes = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old !== now) changes.push({ path, lines: countChangedLines(old ?? '', now ?? '') });
  }
  return changes;
}

function countChangedLines(old, now) {
  const count = new Map();
  for (const line of now.split('\n')) count.set(line, (count.get(line) ?? 0) + 1);
  for (const line of old.split('\n')) count.set(line, (count.get(line) ?? 0) - 1);
  let changed = 0;
  for (const times of count.values()) changed += Math.abs(times);
  return changed;
}
