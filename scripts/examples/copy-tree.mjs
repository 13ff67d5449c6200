import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../setup/run.mjs';

/**
 * Makes `target` a copy of what git knows of the repository and of what it would take in, with the packages of the original.
 *
 * @param {string} root
 * @param {string} target emptied first
 * @returns {Promise<string[]>} the files, by their paths in either
 */
export async function copyTree(root, target) {
  rmSync(target, { recursive: true, force: true });
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z'];
  const { code, output } = await run('git', args, { cwd: root, quiet: true });
  if (code !== 0) throw new Error(`git does not list the files:\n${output}`);
  // A file that git knows may have been deleted.
  const paths = output.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  for (const path of paths) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path), { verbatimSymlinks: true });
  }
  linkPackages(join(root, 'node_modules'), join(target, 'node_modules'));
  return paths;
}

/** Each package is the original's, but for our own workspaces: their links lead to the copy. */
function linkPackages(from, to) {
  mkdirSync(join(to, '@parley'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@parley') symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, '@parley')))
    symlinkSync(readlinkSync(join(from, '@parley', name)), join(to, '@parley', name));
}
