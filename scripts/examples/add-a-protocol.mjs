/** Follows docs/contributing/add-a-protocol.md on a copy of the tree, with the protocol in `echo-protocol/`, and takes it out again. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { cruiseTree } from '../walls/cruise.mjs';
import { compareTrees, copyTree, readTree } from './copy-tree.mjs';
import { startServer } from './start-server.mjs';

const folder = 'server/src/protocols/echo';
const protos = 'contracts/public/proto/echo';
const list = 'server/src/protocols/every-protocol.ts';
const line = "export { echo } from './echo/protocol.ts';";
/** What is written by the generators. */
const generated =
  /^contracts\/src\/public\/generated\/|^deploy\/(nginx\/parley\.conf|helm\/parley\/files\/realtime-paths\.json)$/;

const copy = copyTree('add-a-protocol');
const before = readTree(copy);

console.log('Adding a protocol …');
for (const name of ['protocol.ts', 'echo-protocol.ts', 'echo-socket.ts']) put(name, folder);
put('echo.proto', protos);
const listed = readFileSync(join(copy, list), 'utf8');
writeFileSync(join(copy, list), `${listed}${line}\n`);
await generate();
await check();
await speak();

console.log('Taking it out …');
rmSync(join(copy, folder), { recursive: true });
rmSync(join(copy, protos), { recursive: true });
writeFileSync(join(copy, list), listed);
await generate();
const left = compareTrees(before, readTree(copy)).map(({ path }) => path);
assert.deepEqual(left, [], 'without the folder and the line the tree is not what it was');
rmSync(copy, { recursive: true });
console.log('add-a-protocol: a folder and a line put it in, and take it out');

function put(name, to) {
  mkdirSync(join(copy, to), { recursive: true });
  cpSync(`${root}/scripts/examples/echo-protocol/${name}`, join(copy, to, name));
}

async function carryOut(command, ...args) {
  const { code, output } = await run(command, args, { cwd: copy, quiet: true });
  assert.equal(code, 0, `${command} ${args.join(' ')}:\n${output}`);
}

/** The generated code of the .proto, the program, the balancers' paths. */
async function generate() {
  await carryOut(process.execPath, 'scripts/generate-proto.mjs');
  await carryOut('node_modules/.bin/tsc', '-b', 'contracts', 'client', 'server');
  await carryOut(process.execPath, 'scripts/generate-paths.mjs');
}

async function check() {
  const changes = compareTrees(before, readTree(copy));
  const elsewhere = changes.filter(
    ({ path }) => !path.startsWith(`${folder}/`) && !path.startsWith(`${protos}/`) && !generated.test(path),
  );
  const touched = elsewhere.reduce((sum, { lines }) => sum + lines, 0);
  assert.ok(touched >= 1 && touched <= 2, `lines touched elsewhere: ${JSON.stringify(elsewhere)}`);
  const site = readFileSync(join(copy, 'deploy/nginx/parley.conf'), 'utf8');
  assert.match(site, /"~\^\(\?i:websocket\) \/echo\/rooms\/\[\^\/\]\+\$" parley_realtimes;/);
  assert.match(site, /location ~ "\^\/echo\/rooms\/\[\^\/\]\+\$" \{/);
  const paths = JSON.parse(readFileSync(join(copy, 'deploy/helm/parley/files/realtime-paths.json'), 'utf8'));
  assert.ok(paths.some(({ path, pathType }) => path === '/echo/rooms' && pathType === 'Prefix'));
  const { violations } = await cruiseTree(copy);
  assert.deepEqual(violations, [], 'the protocol breaks a rule of who may import whom');
  // What holds of every protocol holds of this one.
  await carryOut(
    'node_modules/.bin/vitest',
    ...['run', '--project', 'unit', 'server/src/protocols/protocols.test.ts', 'server/src/protocols/failing.test.ts'],
  );
}

/** Talks to the protocol in the three ways, with libraries of this tree. */
async function speak() {
  const require = createRequire(`${root}/tests/package.json`);
  const { WebSocket } = require('ws');
  const grpc = require('@grpc/grpc-js');
  const { SayRequest, SayResponse } = await import(`${copy}/contracts/dist/public/generated/echo/echo.js`);
  const server = await startServer(copy);
  try {
    const answer = await fetch(`${server.url}/echo/say/hello`);
    assert.deepEqual(await answer.json(), { text: 'hello' });

    const account = await fetch(`${server.url}/api/v1/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ann', name: 'Ann', password: 'correct horse battery' }),
    });
    const { tokens } = await account.json();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/echo/rooms/kitchen?token=${tokens.access}`);
    const heard = await new Promise((resolve, reject) => {
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (data) => resolve(String(data)));
      socket.on('error', reject);
      socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
    });
    assert.equal(heard, 'kitchen: hello');
    socket.terminate();

    const client = new grpc.Client(server.grpcAddress, grpc.credentials.createInsecure());
    const told = await new Promise((resolve, reject) => {
      const encode = (message) => Buffer.from(SayRequest.encode(message).finish());
      const decode = (bytes) => SayResponse.decode(bytes);
      client.makeUnaryRequest('/echo.Echo/Say', encode, decode, { text: 'hello' }, (error, said) =>
        error ? reject(error) : resolve(said),
      );
    });
    assert.deepEqual(told, { text: 'hello' });
    client.close();
  } finally {
    await server.stop();
  }
}
