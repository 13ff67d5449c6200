/**
 * `npm test`: the same set-up as `npm start`, then every check and suite that this machine can run, one after the other.
 * `npm test -- unit database` runs these steps only; `npm test -- --list` names them. Exit code 1 when anything failed.
 */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { prepare } = await import('./setup/prepare.mjs');
const { runStep } = await import('./suites/run-step.mjs');
const { chooseSteps } = await import('./suites/steps.mjs');
const { summarize } = await import('./suites/summarize.mjs');

const names = process.argv.slice(2);
if (names.includes('--list')) {
  for (const step of chooseSteps([])) console.log(`${step.name.padEnd(12)} ${step.minutes} min`);
  process.exit(0);
}

try {
  const chosen = chooseSteps(names);
  await prepare();
  const results = [];
  for (const step of chosen) {
    console.log(`\n— ${step.name}`);
    const began = performance.now();
    const outcome = await runStep(step, { ci: process.env.CI === 'true' });
    results.push({ ...step, ...outcome, seconds: (performance.now() - began) / 1000 });
  }
  console.log(`\n${summarize(results)}`);
  process.exit(results.every((result) => result.ok) ? 0 : 1);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
