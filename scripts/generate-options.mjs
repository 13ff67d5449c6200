/** Writes .env.example and the table of docs/operations/configuration.md from the built server's table of options. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describeAsEnvironment, describeAsTable, placeTable } from './options/describe-options.mjs';
import { root } from './setup/paths.mjs';

const { options } = await import(`${root}/server/dist/main/options.js`);
const configuration = `${root}/docs/operations/configuration.md`;

writeFileSync(`${root}/.env.example`, describeAsEnvironment(options));
writeFileSync(configuration, placeTable(readFileSync(configuration, 'utf8'), describeAsTable(options)));
