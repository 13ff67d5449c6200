import { existsSync } from 'node:fs';
import { installPackages, stopService } from './support/packages.mjs';
import {
  ask,
  describeProcess,
  makeFolder,
  readProcess,
  requireFreePort,
  startProcess,
  stopProcess,
  userOf,
  waitUntilReady,
} from './support/processes.mjs';

export const name = 'redis';
export const defaultPort = 6390;

const program = '/usr/bin/redis-server';
const urlOf = (port) => `redis://127.0.0.1:${port}`;

export async function install(log) {
  await installPackages(['redis-server'], () => existsSync(program), log);
  await stopService('redis-server');
}

/** Without persistence: what Parley keeps in Redis has time limits and is written anew (MESSAGE-PATH rule 16). */
export async function up({ dir, port, log }) {
  const running = readProcess(dir);
  if (running) return { url: urlOf(running.port) };
  await requireFreePort(port, name);
  log('starting …');
  const user = userOf('redis');
  makeFolder(dir, user);
  const settings = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
  ];
  startProcess({ dir, port, command: program, args: settings.map(String), user });
  await waitUntilReady(dir, async () => (await ask(port, 'PING\r\n'))?.startsWith('+PONG') === true);
  return { url: urlOf(port) };
}

export const down = ({ dir }) => stopProcess(dir);

export const status = async ({ dir }) => describeProcess(dir, urlOf);
