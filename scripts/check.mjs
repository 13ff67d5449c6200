/** `npm run check`: everything that needs neither a build nor a test runner. */
import { createCores } from './suites/create-cores.mjs';
import { runStep } from './suites/run-step.mjs';
import { checkSteps, chooseSteps } from './suites/steps.mjs';

const cores = createCores(1);
let ok = true;
for (const step of chooseSteps(checkSteps)) ok = (await runStep(step, { ci: true, cores })).ok && ok;
process.exit(ok ? 0 : 1);
