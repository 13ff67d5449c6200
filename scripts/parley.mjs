/** `npm run parley -- COMMAND …`: installs what is missing, builds what is stale, then runs the command in this process. */
import { requireNode } from './setup/check-node.mjs';

requireNode();
const { existsSync } = await import('node:fs');
const { prepare } = await import('./setup/prepare.mjs');
const { root } = await import('./setup/paths.mjs');
const { releaseSignals } = await import('./setup/run.mjs');

try {
  await prepare();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
releaseSignals();
// What is set in the environment wins over .env.
if (existsSync(`${root}/.env`)) process.loadEnvFile(`${root}/.env`);
const cli = `${root}/server/dist/main/cli.js`;
process.argv[1] = cli;
await import(cli);
