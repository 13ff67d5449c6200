/** `npm run bench [-- NAME …]`: builds, brings engines for what needs them, then runs bench/run.ts with the remaining arguments. */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { prepare } = await import('./setup/prepare.mjs');
const { root } = await import('./setup/paths.mjs');
const { run } = await import('./setup/run.mjs');
const { bringSplit } = await import('./suites/bring-engines.mjs');

const names = process.argv.slice(2);
/** Those that the variables name are taken as they are, and left running. */
const wantsEngines =
  (names.length === 0 || names.includes('cluster')) &&
  ['POSTGRES', 'REDIS', 'KAFKA', 'RABBITMQ'].some((name) => !process.env[`PARLEY_TEST_${name}_URL`]);

try {
  await prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const compiled = await run(`${root}/node_modules/.bin/tsc`, ['-b', 'bench']);
if (compiled.code !== 0) process.exit(1);
const engines = wantsEngines ? await bringSplit() : null;
if (wantsEngines && !engines && names.includes('cluster')) {
  console.error('bench cluster needs engines that this machine does not have; see `npm run engines`');
  process.exit(1);
}
const { code } = await run(process.execPath, [`${root}/bench/dist/run.js`, ...names], { env: engines?.env });
await engines?.release();
process.exitCode = code;
