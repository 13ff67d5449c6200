/**
 * Writes contracts/src/generated from contracts/proto: the messages as TypeScript, and the descriptors for reflection.
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

const folder = `${root}/contracts`;
const target = `${folder}/src/generated`;
const fresh = `${cache}/proto`;
const baseline = 'baseline.binpb';
const flags = new Set(process.argv.slice(2));
const image = ['--as-file-descriptor-set', '--exclude-source-info'];

/** Ends the script with the words of buf when it refuses. */
async function buf(...args) {
  const { code } = await run(`${root}/node_modules/.bin/buf`, args, { cwd: folder, timeoutMs: 60_000 });
  if (code !== 0) process.exit(1);
}

await buf('lint');
if (flags.has('--baseline')) await buf('build', ...image, '-o', baseline);
await buf('breaking', '--against', baseline);
// Beside the target, then copied: a generator that fails leaves the old files.
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
await buf('generate', '-o', fresh);
await buf('build', ...image, '-o', `${fresh}/image.binpb`);
const written = `${fresh}/src/generated`;
writeFileSync(`${written}/descriptors.ts`, writeDescriptors(readFileSync(`${fresh}/image.binpb`)));
if (!flags.has('--check')) {
  rmSync(target, { recursive: true, force: true });
  cpSync(written, target, { recursive: true });
} else {
  const differences = findDifferences(written, target);
  for (const path of differences) console.error(`contracts/src/generated/${path} is not what the protos say`);
  if (differences.length) {
    console.error('Run npm run generate and commit what it writes.');
    process.exit(1);
  }
  console.log('proto: lawful, breaks nothing, and the generated code is up to date');
}
