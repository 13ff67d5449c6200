/**
 * Checks who imports whom (.dependency-cruiser.cjs), and checks the checker: each rule must be broken by its own probe, and
 * by no other, in a small scratch tree. A rule that nothing can break protects nothing.
 */
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cache, root } from './setup/paths.mjs';
import { cruiseTree, ruleNames } from './walls/cruise.mjs';
import { lawfulTree, probes } from './walls/probes.mjs';

const problems = [];
const workspaces = ['contracts', 'server', 'client', 'web', 'tests', 'bench'];

await checkRealTree();
await checkProbes();
for (const problem of problems) console.error(problem);
console.log(problems.length ? `${problems.length} problems with imports` : `imports: ${ruleNames.length} rules hold`);
process.exit(problems.length ? 1 : 0);

async function checkRealTree() {
  const { violations, edges } = await cruiseTree(root);
  for (const { rule, from, to } of violations) problems.push(`${rule}: ${from} imports ${to}`);
  // A cruiser that cannot read TypeScript reports no violations (@swc/core missing): make sure that it saw a known import.
  if (!edges.get('server/src/kernel/context.ts')?.some(({ path }) => path === 'server/src/kernel/ids.ts')) {
    problems.push('the imports of server/src/kernel/context.ts were not seen: is @swc/core installed?');
  }
}

async function checkProbes() {
  const lawful = await cruiseScratch('lawful', {});
  if (lawful.length) problems.push(`the lawful tree breaks ${lawful.join(', ')}: mend scripts/walls/probes.mjs`);
  for (const rule of ruleNames) {
    if (!probes[rule]) {
      problems.push(`${rule} has no probe in scripts/walls/probes.mjs`);
      continue;
    }
    for (const [i, files] of [probes[rule]].flat().entries()) {
      const broken = await cruiseScratch(`${rule}-${i}`, files);
      if (broken.join() !== rule) problems.push(`probe ${i} of ${rule} breaks ${broken.join(', ') || 'nothing'}`);
    }
  }
  rmSync(`${cache}/walls`, { recursive: true, force: true });
}

/** The names of the rules that the lawful tree with these files breaks. */
async function cruiseScratch(name, files) {
  // A folder of its own for each probe: the cruiser remembers what it resolved by path.
  const base = join(cache, 'walls', name);
  rmSync(base, { recursive: true, force: true });
  for (const [path, text] of Object.entries({ ...lawfulTree, ...files })) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), `${text}\n`);
  }
  cpSync(join(root, 'package.json'), join(base, 'package.json'));
  mkdirSync(join(base, 'node_modules', '@parley'), { recursive: true });
  for (const workspace of workspaces) {
    cpSync(join(root, workspace, 'package.json'), join(base, workspace, 'package.json'));
    symlinkSync(join(base, workspace), join(base, 'node_modules', '@parley', workspace));
  }
  const { violations } = await cruiseTree(base);
  return [...new Set(violations.map((violation) => violation.rule))];
}
