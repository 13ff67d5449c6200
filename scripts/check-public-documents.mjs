/**
 * Holds the server to what it publishes: `/openapi.json` and the schemas of both GraphQLs. Schemathesis makes requests of them, those
 * that fit and those that do not, and compares the answers with what the documents say of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGround } from './schemathesis/create-ground.mjs';
import { readErrorCodes } from './schemathesis/read-error-codes.mjs';
import { root } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

const program = process.env.SCHEMATHESIS;
if (!program) throw new Error('Run it as `npm test -- schemathesis`.');

/** `examples`: how many requests of each operation, beside those that cover its schema. */
const documents = [
  { path: '/openapi.json', examples: 12 },
  { path: '/graphql', examples: 8 },
  { path: '/gql', examples: 8 },
];

const data = mkdtempSync(join(tmpdir(), 'parley-documents-'));
try {
  const server = await startServer();
  let failed = 0;
  try {
    const ground = { ...(await createGround(server.url)), codes: readErrorCodes() };
    for (const document of documents) failed += await hold(server, ground, document);
  } finally {
    server.process.kill('SIGTERM');
    await server.ended;
  }
  const wrong = server.log().filter((line) => line.startsWith('{"level":50'));
  if (wrong.length > 0) console.error(`The server said of itself that something is wrong:\n${wrong.join('\n')}`);
  process.exitCode = failed + wrong.length > 0 ? 1 : 0;
} finally {
  rmSync(data, { recursive: true, force: true });
}

/** @returns {Promise<number>} 1: the server does something else than it says */
async function hold(server, ground, { path, examples }) {
  const here = `${root}/scripts/schemathesis`;
  const args = ['--no-color', '--config-file', `${here}/schemathesis.toml`, 'run', `${server.url}${path}`];
  const extra = [`--max-examples=${examples}`, '--phases=coverage,fuzzing'];
  // To it every error of a GraphQL answer is the server's; `failure_is_of_the_table` tells them apart by their codes.
  if (path !== '/openapi.json') extra.push('--exclude-checks=not_a_server_error');
  const { code, output } = await run(program, [...args, ...extra], {
    cwd: data,
    quiet: true,
    env: { PARLEY_FUZZ: JSON.stringify({ ...ground, document: path }), PYTHONPATH: here, PYTHONDONTWRITEBYTECODE: '1' },
  });
  console.log(code === 0 ? `${path}: ${/^Test cases:\n\s*(.*)/m.exec(output)?.[1]}` : `${path}:\n${output}`);
  return code === 0 ? 0 : 1;
}

/** Over an embedded PostgreSQL of its own; nobody who calls too often is refused. */
async function startServer() {
  const flags = { port: 0, 'grpc-port': 0, 'admin-port': 0, data, 'sends-per-second': 1e6, 'sign-ins-per-minute': 1e6 };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_')));
  const child = spawn(process.execPath, [`${root}/server/dist/main/cli.js`, 'serve', ...args], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit');
  const ready = () => /ready at (http\S+)/.exec(said)?.[1];
  while (!ready()) {
    const over = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
    if (over) throw new Error(`The server ended before it was ready:\n${said}`);
  }
  return { url: ready(), process: child, ended, log: () => said.split('\n') };
}
