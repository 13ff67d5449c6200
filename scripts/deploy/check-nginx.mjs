import { readFileSync, writeFileSync } from 'node:fs';
import { install } from '../engines/nginx.mjs';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/** In a network of containers: the names of the services, asked anew because each stands for all instances of now. */
const inContainers = {
  listen: '8080',
  gateways: ['gateway:4000'],
  realtimes: ['realtime:4000'],
  grpc: { listen: '8081', gateways: ['gateway:4001'] },
  resolver: '127.0.0.11',
};

export const sitePath = `${root}/deploy/nginx/parley.conf`;

/**
 * What scripts/generate-nginx.mjs writes.
 *
 * @param {(site: object) => string} createNginxConfig of the built server
 */
export const createSite = (createNginxConfig) => createNginxConfig(inContainers);

/**
 * Whether the site is as generated, and whether nginx would start with it. Debian's is older than the image's: what it does not know
 * yet (asking for names anew) and the names themselves are taken out before.
 *
 * @param {{createNginxConfig: (site: object) => string, scratch: string}} options `scratch`: a folder
 * @returns {Promise<string[]>} problems; rejects where there is no nginx and none can be installed
 */
export async function checkNginx({ createNginxConfig, scratch }) {
  const problems = [];
  if (readFileSync(sitePath, 'utf8') !== createSite(createNginxConfig)) {
    problems.push('parley.conf differs from what is generated: npm run build && node scripts/generate-nginx.mjs');
  }
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
