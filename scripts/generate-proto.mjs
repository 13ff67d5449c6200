/**
 * Writes contracts/src/generated from contracts/proto, and contracts/src/public/generated from contracts/public/proto: the
 * messages as TypeScript, and the descriptors for reflection.
 *
 *   npm run generate                  checks the style of the protos and that they do not break the baseline, then writes
 *   npm run generate -- --check       writes nothing; fails when what is there differs from what would be written
 *   npm run generate -- --baseline    for a release: from now on, what the protos say today must not be broken
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findDifferences } from './proto/find-differences.mjs';
import { writeDescriptors } from './proto/write-descriptors.mjs';
import { cache, root } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

/** What crosses the border between our processes, and what foreign clients of the public gRPC port know; each with a style of its own. */
const sets = [
  { folder: `${root}/contracts`, target: 'contracts/src/generated' },
  { folder: `${root}/contracts/public`, target: 'contracts/src/public/generated' },
];
const fresh = `${cache}/proto`;
const baseline = 'baseline.binpb';
const flags = new Set(process.argv.slice(2));
const image = ['--as-file-descriptor-set', '--exclude-source-info'];

/** Ends the script with the words of buf when it refuses. */
async function buf(cwd, ...args) {
  const { code } = await run(`${root}/node_modules/.bin/buf`, args, { cwd, timeoutMs: 60_000 });
  if (code !== 0) process.exit(1);
}

/** The folder in which what is generated from a set lies now. */
async function generate(folder) {
  await buf(folder, 'lint');
  if (flags.has('--baseline')) await buf(folder, 'build', ...image, '-o', baseline);
  await buf(folder, 'breaking', '--against', baseline);
  // Beside the target, then copied: a generator that fails leaves the old files.
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  await buf(folder, 'generate', '-o', fresh);
  await buf(folder, 'build', ...image, '-o', `${fresh}/image.binpb`);
  const written = `${fresh}/src/generated`;
  writeFileSync(`${written}/descriptors.ts`, writeDescriptors(readFileSync(`${fresh}/image.binpb`)));
  return written;
}

let differs = false;
for (const { folder, target } of sets) {
  const written = await generate(folder);
  if (!flags.has('--check')) {
    rmSync(`${root}/${target}`, { recursive: true, force: true });
    cpSync(written, `${root}/${target}`, { recursive: true });
    continue;
  }
  for (const path of findDifferences(written, `${root}/${target}`)) {
    differs = true;
    console.error(`${target}/${path} is not what the protos say`);
  }
}
if (differs) {
  console.error('Run npm run generate and commit what it writes.');
  process.exit(1);
}
if (flags.has('--check')) console.log('proto: lawful, breaks nothing, and the generated code is up to date');
