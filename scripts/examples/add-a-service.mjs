/**
 * Follows docs/contributing/add-a-service.md on a copy of the repository: adds the service echo, and shows that no other file has to
 * change than the page names, and that the program builds, knows the service and runs with it.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { copyTree, readTree } from './copy-tree.mjs';
import { edits } from './echo/edits.mjs';
import { readPage } from './read-page.mjs';
import { startServer } from './start-server.mjs';

const name = 'echo';
const example = `${root}/scripts/examples/${name}`;

const page = readPage(readFileSync(`${root}/docs/contributing/add-a-service.md`, 'utf8'), name);
const copy = copyTree('add-a-service');
const original = [...readTree(copy).keys()];
const added = addFolder();
const changed = edits.map((edit) => apply(...edit));
checkByHand(new Set([...added, ...changed]));

await must('node', 'scripts/generate-proto.mjs');
await must('node_modules/.bin/tsc', '-b', 'contracts', 'server');
await must('node', 'scripts/generate-options.mjs');
await must('node', 'scripts/generate-erd.mjs');
checkWritten();
await must('node', 'scripts/check-walls.mjs');
await must('node', 'scripts/check-style.mjs');
await must('node', 'scripts/check-deploy.mjs');
await must('node_modules/.bin/vitest', 'run', '--project', 'unit', 'server/src/main', 'scripts/options');
const targets = await must('node', 'server/dist/main/cli.js', '--list-targets');
if (!/^echo +what each account said last$/m.test(targets)) refuse(`--list-targets does not name ${name}:\n${targets}`);
await checkServer();
rmSync(copy, { recursive: true, force: true });
console.log(
  `examples: ${name} is added by ${added.length + new Set(changed).size} files outside of its folder, as the page says`,
);

/** @returns {string[]} the files that are new outside of the folder of the service */
function addFolder() {
  cpSync(`${example}/service`, `${copy}/server/src/services/${name}`, { recursive: true });
  const files = [
    [`${name}.proto`, `contracts/proto/parley/${name}/v1/${name}.proto`],
    ['0001-said.sql', `server/migrations/${name}/0001-said.sql`],
  ];
  for (const [from, to] of files) {
    mkdirSync(dirname(`${copy}/${to}`), { recursive: true });
    cpSync(`${example}/${from}`, `${copy}/${to}`);
  }
  return files.map(([, to]) => to);
}

/** Puts `text` behind each of the places where `after` stands in a file, of which there must be so many. */
function apply(path, after, text, times = 1) {
  const parts = readFileSync(`${copy}/${path}`, 'utf8').split(after);
  if (parts.length !== times + 1) refuse(`${path} has ${parts.length - 1} times, not ${times}: ${after}`);
  writeFileSync(`${copy}/${path}`, parts.join(`${after}${text}`));
  return path;
}

function checkByHand(touched) {
  const named = page['By hand'] ?? [];
  for (const path of touched) if (!named.includes(path)) refuse(`the page does not name ${path}, which had to change`);
  for (const path of named) if (!touched.has(path)) refuse(`the page names ${path}, which did not have to change`);
}

/** What the commands have written besides. */
function checkWritten() {
  const byHand = new Set(page['By hand']);
  const written = page['Written by commands'] ?? [];
  const differs = (path) => !readFileSync(`${copy}/${path}`).equals(readFileSync(`${root}/${path}`));
  for (const path of original.filter((each) => !byHand.has(each) && differs(each)))
    if (!written.some((each) => path === each || path.startsWith(`${each}/`)))
      refuse(`the page does not name ${path}, which a command has changed`);
}

/** @returns {Promise<string>} the output of a command in the copy that must succeed */
async function must(command, ...args) {
  const { code, output } = await run(command, args, { cwd: copy, quiet: true, timeoutMs: 180_000 });
  if (code !== 0) refuse(`${command} ${args.join(' ')} in the copy:\n${output}`);
  return output;
}

/** All in one process, with the database of its own making. */
async function checkServer() {
  const server = await startServer(copy);
  try {
    const { services } = await (await fetch(`${server.url}/api/v1/status`)).json();
    if (services[name]?.status !== 'ok') refuse(`the status says of ${name}: ${JSON.stringify(services[name])}`);
  } finally {
    await server.stop();
  }
}

function refuse(text) {
  throw new Error(text);
}
