import { mkdirSync } from 'node:fs';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/** From nothing it takes two minutes of two cores; Go keeps what it compiled in its own cache. */
const buildMs = 15 * 60_000;

/**
 * Builds helm and the reader of manifests (scripts/deploy/tools) at the versions of its go.mod.
 *
 * @returns {Promise<{env: {DEPLOY_TOOLS: string}} | null>} the folder of the programs; null: no Go here, or no modules
 */
export async function installDeployTools() {
  const folder = `${cache}/deploy-tools`;
  mkdirSync(folder, { recursive: true });
  console.log('Building helm and the reader of manifests (minutes the first time) …');
  const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', `${folder}/`, 'helm.sh/helm/v3/cmd/helm', '.'];
  const { code, output } = await run('go', args, {
    cwd: `${root}/scripts/deploy/tools`,
    quiet: true,
    timeoutMs: buildMs,
  });
  if (code === 0) return { env: { DEPLOY_TOOLS: folder } };
  console.error(output.trim().split('\n').slice(-15).join('\n'));
  return null;
}
