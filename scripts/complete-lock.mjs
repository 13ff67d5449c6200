/** Adds to package-lock.json what npm left out of it; with `--check` only says whether `npm ci` would refuse it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { findMissingPackages } from './lock/find-missing-packages.mjs';
import { root } from './setup/paths.mjs';

const path = `${root}/package-lock.json`;
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = findMissingPackages(lock);

if (process.argv.includes('--check')) {
  for (const { path: name } of missing) console.error(`package-lock.json lacks ${name}`);
  console.log(missing.length ? 'npm ci would refuse: run node scripts/complete-lock.mjs' : 'lock: complete');
  process.exit(missing.length ? 1 : 0);
}
for (const { path: name, entry } of missing) lock.packages[name] = entry;
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
console.log(`${missing.length} packages added to package-lock.json`);
