import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `parley serve` of a built copy on free ports, with data of its own.
 *
 * @param {string} copy
 * @param {readonly string[]} [flags] more of `parley serve`
 * @returns {Promise<{url: string, grpcAddress: string, stop: () => Promise<void>}>} rejects when it ends before it is ready
 */
export async function startServer(copy, flags = []) {
  const data = mkdtempSync(join(tmpdir(), 'parley-example-'));
  // Run as root, PostgreSQL is another user.
  chmodSync(data, 0o755);
  const grpcPort = await findFreePort();
  const ports = ['--port', '0', '--admin-port', '0', '--grpc-port', String(grpcPort)];
  // The program takes every PARLEY_ variable for an option.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_')));
  const args = [join(copy, 'server/dist/main/cli.js'), 'serve', '--data', data, '--log-level', 'warn', ...ports];
  const child = spawn(process.execPath, [...args, ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let output = '';
  const url = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        output += text;
        const ready = /ready at (http\S+)/.exec(output);
        if (ready) resolve(ready[1]);
      });
    }
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}:\n${output}`)));
  });
  return {
    url,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
