import { bringChaos, bringEngines, bringSplit, bringSplitOverRabbitmq } from './bring-engines.mjs';
import { findChromium } from './find-chromium.mjs';
import { installDeployTools } from './install-deploy-tools.mjs';
import { installNode24, onNode24 } from './install-node24.mjs';
import { installSchemathesis } from './install-schemathesis.mjs';

/**
 * What `npm test` runs. `minutes` is the budget (docs/testing.md) beside other steps; a step that needs twice as long is
 * killed. `load`: how many cores it keeps busy; steps begin as far as two cores carry them, the longest first.
 * A step is either a `script` (a command whose exit code counts) or a `suite` (projects of vitest.config.ts whose tests
 * count; of all their files, or of `files`). `workers` of its files run side by side: those that mostly wait. `need` brings
 * what the step cannot do without, outside of its budget: environment variables and the Node to run with, or null when this
 * machine cannot have it: then the step's tests are counted as skipped, in CI as failed. `release` of what it brought is
 * called when the step has ended.
 */
export const steps = [
  { name: 'format', load: 1, minutes: 0.3, script: ['biome', 'check', '.'] },
  { name: 'walls', load: 1, minutes: 0.3, script: ['node', 'scripts/check-walls.mjs'] },
  { name: 'style', load: 1, minutes: 0.2, script: ['node', 'scripts/check-style.mjs'] },
  { name: 'docs', load: 1, minutes: 0.2, script: ['node', 'scripts/check-docs.mjs'] },
  { name: 'erd', load: 1, minutes: 0.1, script: ['node', 'scripts/generate-erd.mjs', '--check'] },
  { name: 'proto', load: 1, minutes: 0.3, script: ['node', 'scripts/generate-proto.mjs', '--check'] },
  { name: 'lock', load: 1, minutes: 0.2, script: ['node', 'scripts/complete-lock.mjs', '--check'] },
  { name: 'types', load: 1, minutes: 0.7, script: ['tsc', '-b'] },
  { name: 'graphql', load: 1, minutes: 0.2, script: ['node', 'scripts/generate-graphql.mjs', '--check'] },
  { name: 'test-types', load: 1, minutes: 0.5, script: ['tsc', '-p', 'server/tsconfig.test.json'] },
  { name: 'client-test-types', load: 1, minutes: 0.2, script: ['tsc', '-p', 'client/tsconfig.test.json'] },
  { name: 'web-test-types', load: 1, minutes: 0.2, script: ['tsc', '-p', 'web/tsconfig.test.json'] },
  {
    name: 'deploy',
    load: 1.5,
    minutes: 0.5,
    script: ['node', 'scripts/check-deploy.mjs'],
    need: installDeployTools,
    missing: 'helm could not be built: no Go here, or no modules',
  },
  { name: 'image', load: 1, minutes: 1.3, script: ['node', 'scripts/check-image.mjs'] },
  {
    name: 'examples',
    load: 1,
    minutes: 1.3,
    script: ['node', 'scripts/examples.mjs'],
    need: installDeployTools,
    missing: 'helm could not be built: no Go here, or no modules',
  },
  { name: 'unit', load: 1, minutes: 2, suite: 'unit' },
  {
    name: 'unit-node24',
    load: 1,
    minutes: 1,
    suite: 'unit',
    files: ['server/conformance', 'server/src/adapters', 'server/src/runtime', 'server/src/rpc', 'client'],
    need: installNode24,
    missing: 'Node 24 could not be installed',
  },
  { name: 'database', load: 1.5, minutes: 2, suite: 'database', workers: 2 },
  {
    name: 'engines',
    load: 0.25,
    minutes: 8,
    suite: 'engines',
    need: bringEngines,
    missing: 'no Redis, RabbitMQ or Kafka here',
  },
  {
    name: 'scenarios',
    load: 1,
    minutes: 3,
    suite: 'scenarios',
    workers: 2,
  },
  {
    name: 'scenarios-split',
    load: 1,
    minutes: 10,
    suite: 'scenarios',
    workers: 2,
    need: onNode24(bringSplit),
    missing: 'an engine or Node 24 is missing here',
  },
  {
    name: 'scenarios-rabbitmq',
    load: 0.5,
    minutes: 2,
    suite: 'scenarios',
    files: ['conversations', 'resume', 'restart'].map((name) => `tests/scenarios/${name}.test.ts`),
    need: onNode24(bringSplitOverRabbitmq),
    missing: 'an engine or Node 24 is missing here',
  },
  {
    name: 'schemathesis',
    load: 1,
    minutes: 2.5,
    script: ['node', 'scripts/check-public-documents.mjs'],
    need: installSchemathesis,
    missing: 'Schemathesis could not be installed: no Python 3.10 here, or no PyPI',
  },
  { name: 'chaos', load: 0.5, minutes: 1.5, suite: 'chaos' },
  {
    name: 'chaos-split',
    load: 0.75,
    minutes: 7,
    suite: 'chaos',
    files: ['tests/chaos/chaos.test.ts'],
    need: onNode24(bringChaos),
    missing: 'an engine or Node 24 is missing here',
  },
  { name: 'web', load: 0.75, minutes: 2.5, suite: 'web', need: findChromium, missing: 'no Chromium here' },
];

/** The steps of `npm run check`: what needs no test runner. */
export const checkSteps = ['format', 'walls', 'style', 'docs', 'erd', 'proto', 'lock'];

/**
 * @param {readonly string[]} names none: all
 * @returns {typeof steps} in their own order; throws a message for people when a name is unknown
 */
export function chooseSteps(names) {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length) {
    throw new Error(`There is no step ${unknown.join(', ')}; there are: ${steps.map((step) => step.name).join(', ')}.`);
  }
  return names.length ? steps.filter((step) => names.includes(step.name)) : steps;
}
