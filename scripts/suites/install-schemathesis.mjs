import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { withLock } from '../setup/lock.mjs';
import { cache } from '../setup/paths.mjs';
import { run, runWithRetries } from '../setup/run.mjs';

const version = '4.32.5';

/**
 * Schemathesis from PyPI, in a virtual environment beside the project.
 *
 * @returns {Promise<{env: {SCHEMATHESIS: string}} | null>} the program; null: no Python 3.10 here, or no PyPI
 */
export const installSchemathesis = () => withLock(`${cache}/schemathesis.lock`, install);

async function install() {
  const folder = `${cache}/schemathesis`;
  const program = `${folder}/bin/schemathesis`;
  const complete = `${folder}/complete-${version}`;
  if (existsSync(complete)) return { env: { SCHEMATHESIS: program } };
  console.error(`Installing Schemathesis ${version} …`);
  rmSync(folder, { recursive: true, force: true });
  const made = await run('python3', ['-m', 'venv', folder], { quiet: true });
  const installed = made.code
    ? made
    : await runWithRetries(`${folder}/bin/pip`, ['install', '--quiet', `schemathesis==${version}`], { quiet: true });
  if (installed.code !== 0) {
    console.error(installed.output.trim().split('\n').slice(-5).join('\n'));
    return null;
  }
  writeFileSync(complete, '');
  return { env: { SCHEMATHESIS: program } };
}
