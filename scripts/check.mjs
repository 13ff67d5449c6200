/** `npm run check`: everything that needs neither a build nor a test runner. */
import { runStep } from './suites/run-step.mjs';
import { checkSteps, chooseSteps } from './suites/steps.mjs';

let ok = true;
for (const step of chooseSteps(checkSteps)) ok = (await runStep(step, { ci: true })).ok && ok;
process.exit(ok ? 0 : 1);
