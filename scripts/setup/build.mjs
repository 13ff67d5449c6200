import { existsSync, renameSync, rmSync } from 'node:fs';
import { compressFiles } from './compress-files.mjs';
import { cache, root } from './paths.mjs';
import { run } from './run.mjs';
import { digestInputs, readStamp, writeStamp } from './stamp.mjs';

const bin = `${root}/node_modules/.bin`;
const shared = ['package-lock.json', 'tsconfig.base.json', 'contracts', 'client'];

/** What is built, in order. `output` is a file that a finished build leaves. */
const parts = [
  {
    name: 'server',
    inputs: [...shared, 'server/src', 'server/package.json', 'server/tsconfig.json'],
    output: 'server/dist/main/cli.js',
    build: () => run(`${bin}/tsc`, ['-b', 'contracts', 'client', 'server']),
  },
  {
    name: 'GraphiQL pages',
    inputs: ['package-lock.json', 'scripts/write-graphiql.mjs', 'scripts/graphiql'],
    output: 'server/dist/pages/graphql.html.gz',
    build: () => run(process.execPath, [`${root}/scripts/write-graphiql.mjs`]),
  },
  { name: 'web application', inputs: [...shared, 'web'], output: 'web/dist/index.html', build: buildWeb },
];

/**
 * Builds the parts whose inputs have changed since their last build; about ten milliseconds when none has.
 *
 * @param {{force?: boolean}} [options]
 * @returns {Promise<void>} rejects when a compiler does
 */
export async function build(options = {}) {
  for (const part of parts) {
    const stampPath = `${cache}/build/${part.name.replaceAll(' ', '-')}.stamp`;
    const inputs = digestInputs(root, part.inputs);
    if (!options.force && readStamp(stampPath) === inputs && existsSync(`${root}/${part.output}`)) continue;
    const began = Date.now();
    console.error(`Building the ${part.name} …`);
    const result = await part.build();
    if (result.code !== 0) throw new Error(`Building the ${part.name} failed; the compiler's messages are above.`);
    writeStamp(stampPath, inputs);
    console.error(`Built the ${part.name} in ${((Date.now() - began) / 1000).toFixed(1)} s.`);
  }
}

/** Into a folder beside, then swapped: a server that runs never serves half a build, a failed build leaves the old one. */
async function buildWeb() {
  const next = `${cache}/web-next`;
  const last = `${cache}/web-last`;
  rmSync(next, { recursive: true, force: true });
  const result = await run(`${bin}/vite`, ['build', '--outDir', next, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: `${root}/web`,
  });
  if (result.code !== 0) return result;
  compressFiles(next);
  rmSync(last, { recursive: true, force: true });
  if (existsSync(`${root}/web/dist`)) renameSync(`${root}/web/dist`, last);
  renameSync(next, `${root}/web/dist`);
  rmSync(last, { recursive: true, force: true });
  return result;
}
