import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from '../../test-support/free-port.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A whole process of one small service, in which a signal makes a promise fail that nobody waits for. */
async function startStraying() {
  const stray = 'process.on("SIGUSR2", () => void Promise.reject(new Error("nobody waits for this")))';
  const [rpc, admin] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      ...['--import', fileOf('../../test-support/run-typescript.mjs')],
      ...['--import', `data:text/javascript,${encodeURIComponent(stray)}`],
      ...[fileOf('./cli.ts'), 'serve', '--target', 'discovery', '--host', '127.0.0.1'],
      ...['--rpc-port', `${rpc}`, '--admin-port', `${admin}`, '--discovery', `127.0.0.1:${rpc}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PARLEY_SERVICE_SECRET: 'x'.repeat(32) } },
  );
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => line.includes('is ready at') && resolve());
  });
  await Promise.race([ready, ended]);
  return { child, lines, ended };
}

test('an error that reaches nobody is logged, and the process stops in order and exits with 1', async () => {
  const { child, lines, ended } = await startStraying();
  child.kill('SIGUSR2');
  expect([(await ended)[0], lines]).toEqual([1, expect.arrayContaining([expect.stringContaining('nobody waits')])]);
  const said = lines.join('\n');
  expect(said).toContain('an error reached nobody');
  expect(said).toContain('stopping because a part of the program failed');
  // Said by the command line when all is closed; Node.js itself would have printed the stack and been gone.
  expect(lines.at(-1)).toBe('parley: nobody waits for this');
});
