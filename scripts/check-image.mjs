/**
 * Builds what deploy/Dockerfile builds, without a container engine, and shows that it works: as another user than root, over a
 * tree that this user cannot write to, with nothing in it that only development needs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { carryOutDockerfile } from './deploy/carry-out-dockerfile.mjs';
import { listTree } from './deploy/list-tree.mjs';
import { root } from './setup/paths.mjs';
import { run } from './setup/run.mjs';
import { installNode24 } from './suites/install-node24.mjs';

/** Megabytes of files over the base image. */
const maxSize = 160;
const startMs = 120_000;

const node24 = await installNode24();
if (!node24) throw new Error('The image has Node 24, which could not be installed here.');
const path = `${dirname(node24.node)}:${process.env.PATH}`;

const dir = mkdtempSync(join(tmpdir(), 'parley-image-'));
try {
  // The image's user must be able to enter.
  chmodSync(dir, 0o755);
  const image = await carryOutDockerfile({
    context: root,
    file: `${root}/deploy/Dockerfile`,
    dir,
    env: { PATH: path },
  });
  checkContents(image);
  await checkCommands(image);
  await checkServer(image);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function checkContents({ root: tree }) {
  const files = listTree(tree);
  const own = /^(?!.*\/node_modules\/).*(\.test\.|(?<!\.d)\.tsx?$|\.env$)/;
  const packages = /\/app\/node_modules\/(typescript|vitest|vite|react|@biomejs|@swc|playwright-core)\//;
  const found = files.filter(({ path: file }) => own.test(file) || packages.test(file));
  if (found.length) fail(`the image holds what only development needs: ${found[0].path} and ${found.length - 1} more`);
  const megabytes = Math.round(files.reduce((sum, file) => sum + file.bytes, 0) / 1024 / 1024);
  if (megabytes > maxSize) fail(`${megabytes} MB over the base image are more than the ${maxSize} that were agreed on`);
  console.log(`image: ${files.length} files, ${megabytes} MB over the base image`);
}

async function checkCommands(image) {
  const { user, env } = image;
  const [program, ...args] = image.entrypoint;
  for (const [words, code] of [
    [['--help'], 0],
    [['--list-targets'], 0],
    [['serve', '--target', 'nonsense'], 1],
  ]) {
    const ended = await run(program, [...args, ...words], {
      cwd: image.cwd,
      quiet: true,
      env: { PATH: path, ...env },
      ...user,
    });
    if (ended.code !== code) fail(`parley ${words.join(' ')} ended with ${ended.code}:\n${ended.output}`);
  }
}

/** The whole program over its embedded database: what `docker run` without more does. */
async function checkServer(image) {
  const env = { PATH: path, HOME: '/', ...image.env, PARLEY_PORT: '0', PARLEY_GRPC_PORT: '0', PARLEY_ADMIN_PORT: '0' };
  const [program, ...args] = [...image.entrypoint, ...image.command];
  const child = spawn(program, args, { cwd: image.cwd, env, ...asUser(image.user) });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit');
  const limit = setTimeout(() => child.kill('SIGKILL'), startMs);
  try {
    const [, port, adminPort] = await readyLine(child, ended, () => said);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    if (!(await page.text()).includes('<html')) fail('the web application is not served');
    const account = { username: 'somebody', password: 'correct horse battery' };
    const created = await fetch(`http://127.0.0.1:${port}/api/v1/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
    });
    if (created.status !== 201) fail(`signing up answered ${created.status}: ${await created.text()}`);
    if (!(await isHealthy(image, adminPort))) fail('HEALTHCHECK says that a healthy server is not');
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) fail(`SIGTERM ended it with ${code}:\n${said}`);
    if (await isHealthy(image, adminPort)) fail('HEALTHCHECK says that a server that has ended is healthy');
    console.log(`image: serves as user ${image.user?.uid}, ends at SIGTERM`);
  } finally {
    clearTimeout(limit);
    child.kill('SIGKILL');
  }
}

async function readyLine(child, ended, said) {
  const pattern = /ready at http:\S+:(\d+) \(admin http:\S+:(\d+)\)/;
  let over = false;
  ended.then(() => (over = true));
  while (!pattern.test(said())) {
    if (over) fail(`the server ended before it was ready:\n${said()}`);
    await Promise.race([once(child.stdout, 'data'), ended]);
  }
  return pattern.exec(said());
}

async function isHealthy({ healthcheck, env, user }, adminPort) {
  if (!healthcheck) fail('HEALTHCHECK must be in exec form');
  const [program, ...args] = healthcheck;
  const ended = await run(program, args, {
    quiet: true,
    env: { PATH: path, ...env, PARLEY_ADMIN_PORT: adminPort },
    ...user,
  });
  return ended.code === 0;
}

function asUser(user) {
  if (!user || user.uid === 0) fail('the image runs as root');
  return process.getuid?.() === 0 ? user : {};
}

function fail(message) {
  throw new Error(message);
}
