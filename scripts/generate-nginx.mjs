/** Writes deploy/nginx/parley.conf from the built server's createNginxConfig; `npm test -- deploy` compares. */
import { writeFileSync } from 'node:fs';
import { createSite, sitePath } from './deploy/check-nginx.mjs';
import { root } from './setup/paths.mjs';

const { createNginxConfig } = await import(`${root}/server/dist/main/nginx-config.js`);
writeFileSync(sitePath, createSite(createNginxConfig));
