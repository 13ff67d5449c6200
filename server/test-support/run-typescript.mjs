/** `node --import …/run-typescript.mjs file.ts`: runs a test's child process from its source, also on Node 20. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
