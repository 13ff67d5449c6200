import { readFileSync, writeFileSync } from 'node:fs';
import { install } from '../engines/nginx.mjs';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { inContainers } from './write-paths.mjs';

/**
 * Whether nginx would start with the site. Debian's is older than the image's: what it does not know
 * yet (asking for names anew) and the names themselves are taken out before.
 *
 * @param {{createNginxConfig: (site: object) => string, scratch: string}} options of the built server; `scratch`: a folder
 * @returns {Promise<string[]>} problems; rejects where there is no nginx and none can be installed
 */
export async function checkNginx({ createNginxConfig, scratch }) {
  const problems = [];
  await install(console.log);
  const { resolver: _, ...inDebian } = inContainers;
  const here = ['127.0.0.1:4000'];
  writeFileSync(
    `${scratch}/parley.conf`,
    createNginxConfig({ ...inDebian, gateways: here, realtimes: here, grpc: { listen: '8081', gateways: here } }),
  );
  for (const name of ['nginx.conf', 'engine.conf']) {
    const text = readFileSync(`${root}/deploy/nginx/${name}`, 'utf8');
    writeFileSync(
      `${scratch}/${name}`,
      text.replaceAll(/(\s)\/(tmp|etc\/nginx)\//g, `$1${scratch}/`).replaceAll('/dev/stderr', 'stderr'),
    );
    const { code, output } = await run('/usr/sbin/nginx', ['-t', '-q', '-p', scratch, '-c', `${scratch}/${name}`], {
      quiet: true,
    });
    if (code !== 0) problems.push(`${name}: ${output}`);
  }
  return problems;
}
