import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const neverInput = new Set(['node_modules', 'dist', 'dist-types', '.cache', '.git']);

/**
 * A digest of the path, size and modification time of every file under `inputs`: a few milliseconds for this repository,
 * where reading the contents would cost a hundred. A file that is missing counts as such.
 *
 * @param {string} base
 * @param {readonly string[]} inputs files or folders, relative to `base`
 * @returns {string}
 */
export function digestInputs(base, inputs) {
  const hash = createHash('sha256');
  for (const input of [...inputs].sort()) addToDigest(hash, base, input);
  return hash.digest('hex');
}

function addToDigest(hash, base, path) {
  const stat = statSync(join(base, path), { throwIfNoEntry: false });
  if (!stat) {
    hash.update(`${path} missing\n`);
  } else if (stat.isDirectory()) {
    for (const name of readdirSync(join(base, path)).sort()) {
      if (!neverInput.has(name) && !name.endsWith('.tsbuildinfo')) addToDigest(hash, base, `${path}/${name}`);
    }
  } else {
    hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
  }
}

/** The stamp at `path`, or null. */
export function readStamp(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

export function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${value}\n`);
}
