/** The pages of docs/contributing, followed to the letter by scripts/examples/add-….mjs: what they say is what it takes. */
import { readdirSync } from 'node:fs';
import { root } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

let failed = 0;
for (const name of readdirSync(`${root}/scripts/examples`).sort()) {
  if (!/^add-.+\.mjs$/.test(name)) continue;
  const { code } = await run(process.execPath, [`${root}/scripts/examples/${name}`]);
  if (code !== 0) failed++;
}
process.exit(failed ? 1 : 0);
