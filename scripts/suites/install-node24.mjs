import { mkdirSync, writeFileSync } from 'node:fs';
import { withLock } from '../setup/lock.mjs';
import { cache } from '../setup/paths.mjs';
import { run, runWithRetries } from '../setup/run.mjs';

const version = '24.21.0';

/**
 * Node 24 from npm's `node` package, beside the project and not in it: Node 20 is past its end of life, so the program must
 * be known to run on its successor.
 *
 * @returns {Promise<{node: string} | null>} the binary to run with
 */
export const installNode24 = () => withLock(`${cache}/node24.lock`, install);

/**
 * What runs on Node 24 and needs engines besides. The topology of a process for each service does: a process starts in three
 * quarters of the time that Node 20 takes, and a run starts two hundred.
 *
 * @param {() => Promise<{env: Record<string, string>, release(): Promise<void>} | null>} bring
 */
export function onNode24(bring) {
  return async () => {
    const node24 = await installNode24();
    const engines = node24 && (await bring());
    return engines && { ...engines, ...node24 };
  };
}

/** The steps `image` and `scenarios` want it at the same time. */
async function install() {
  const folder = `${cache}/node24`;
  const node = `${folder}/node_modules/node/bin/node`;
  if (await isVersion(node)) return { node };
  console.error(`Installing Node ${version} …`);
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  writeFileSync(`${folder}/package.json`, JSON.stringify(manifest, null, 2));
  const installed = await runWithRetries('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    quiet: true,
  });
  if (installed.code !== 0) console.error(installed.output);
  return (await isVersion(node)) ? { node } : null;
}

async function isVersion(node) {
  const { output } = await run(node, ['--version'], { quiet: true });
  return output.trim() === `v${version}`;
}
