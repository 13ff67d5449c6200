/** `npm run chaos [-- OPTIONS]`: builds, then runs tests/chaos/run.ts with the remaining arguments (`--help` names them). */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { prepare } = await import('./setup/prepare.mjs');
const { root } = await import('./setup/paths.mjs');
const { releaseSignals, run } = await import('./setup/run.mjs');

try {
  await prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const compiled = await run(`${root}/node_modules/.bin/tsc`, ['-b', 'tests']);
if (compiled.code !== 0) process.exit(1);
releaseSignals();
const entry = `${root}/tests/dist/chaos/run.js`;
process.argv[1] = entry;
await import(entry);
