import { root } from '../setup/paths.mjs';

/** In a network of containers: the names of the services, asked anew because each stands for all instances of now. */
export const inContainers = {
  listen: '8080',
  gateways: ['gateway:4000'],
  realtimes: ['realtime:4000'],
  grpc: { listen: '8081', gateways: ['gateway:4001'] },
  resolver: '127.0.0.11',
};

/**
 * What follows from the protocols' own data (`protocol.ts` of each), by the path of the file that holds it.
 *
 * @returns {Promise<Record<string, string>>} needs the built server
 */
export async function writePaths() {
  const built = `${root}/server/dist/main/cluster`;
  const { createNginxConfig } = await import(`${built}/nginx-config.js`);
  const { listIngressPaths } = await import(`${built}/live-paths.js`);
  const lines = listIngressPaths().map((path) => `  ${JSON.stringify(path, null, 1).replaceAll(/\n */g, ' ')}`);
  return {
    'deploy/nginx/parley.conf': createNginxConfig(inContainers),
    'deploy/helm/parley/files/realtime-paths.json': `[\n${lines.join(',\n')}\n]\n`,
  };
}
