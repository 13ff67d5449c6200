/** Writes deploy/nginx/parley.conf from the built server's createNginxConfig; `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from './setup/paths.mjs';

const { createNginxConfig } = await import(`${root}/server/dist/main/nginx-config.js`);
const path = 'deploy/nginx/parley.conf';
/** In a network of containers: the names of the services, asked anew because each stands for all instances of now. */
const wanted = createNginxConfig({
  listen: '8080',
  gateways: ['gateway:4000'],
  realtimes: ['realtime:4000'],
  resolver: '127.0.0.11',
});

if (!process.argv.includes('--check')) {
  writeFileSync(`${root}/${path}`, wanted);
} else if (readFileSync(`${root}/${path}`, 'utf8') !== wanted) {
  console.error(`${path} differs from what is generated: npm run build && node scripts/generate-nginx.mjs`);
  process.exitCode = 1;
}
