/** Writes what balancers know of the protocols' paths from the built server: nginx's site and the Ingress's paths; `npm test -- deploy` compares. */
import { writeFileSync } from 'node:fs';
import { writePaths } from './deploy/write-paths.mjs';
import { root } from './setup/paths.mjs';

for (const [path, text] of Object.entries(await writePaths())) writeFileSync(`${root}/${path}`, text);
