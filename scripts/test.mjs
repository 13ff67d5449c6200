/**
 * `npm test`: the same set-up as `npm start`, then every check and suite that this machine can run, side by side as far as its
 * cores carry them; what a step said is shown when it has ended.
 * `npm test -- unit database` runs these steps only; `npm test -- --list` names them. Exit code 1 when anything failed.
 */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { prepare } = await import('./setup/prepare.mjs');
const { createCores } = await import('./suites/create-cores.mjs');
const { runStep } = await import('./suites/run-step.mjs');
const { chooseSteps } = await import('./suites/steps.mjs');
const { summarize } = await import('./suites/summarize.mjs');
const { judgeUnstable } = await import('./suites/unstable-before.mjs');

const names = process.argv.slice(2);
if (names.includes('--list')) {
  for (const step of chooseSteps([])) console.log(`${step.name.padEnd(12)} ${step.minutes} min`);
  process.exit(0);
}

try {
  const chosen = chooseSteps(names);
  const ci = process.env.CI === 'true';
  await prepare();
  const began = performance.now();
  const cores = createCores(2);
  const outcomes = new Map();
  // The longest first: what is short fills the gaps.
  await Promise.all(
    chosen
      .toSorted((a, b) => b.minutes - a.minutes)
      .map(async (step) => outcomes.set(step, await runStep(step, { ci, cores }))),
  );
  const results = chosen.map((step) => ({ ...step, ...outcomes.get(step) }));
  const judged = ci ? judgeUnstable(results) : results;
  console.log(`\n${summarize(judged, (performance.now() - began) / 1000)}`);
  process.exit(judged.every((result) => result.ok) ? 0 : 1);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
