import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { run } from '../setup/run.mjs';
import { installPackages, stopService } from './support/packages.mjs';
import {
  describeProcess,
  makeFolder,
  readProcess,
  requireFreePort,
  startProcess,
  stopProcess,
  userOf,
  waitUntilReady,
} from './support/processes.mjs';

export const name = 'postgres';
export const defaultPort = 5442;

const base = '/usr/lib/postgresql';
/** A password of tests and development: it listens on loopback only. */
const password = 'parley';
const urlOf = (port) => `postgres://parley:${password}@127.0.0.1:${port}/postgres`;

/** The folder of the newest PostgreSQL's programs, or undefined. */
function findPrograms() {
  const versions = existsSync(base)
    ? readdirSync(base).filter((version) => existsSync(`${base}/${version}/bin/initdb`))
    : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest && `${base}/${newest}/bin`;
}

export async function install(log) {
  await installPackages(['postgresql'], () => findPrograms() !== undefined, log);
  await stopService('postgresql');
}

export async function up({ dir, port, log }) {
  const running = readProcess(dir);
  if (running) return { url: urlOf(running.port) };
  await requireFreePort(port, name);
  const programs = findPrograms();
  const user = userOf('postgres');
  makeFolder(dir, user);
  if (!existsSync(`${dir}/created`)) await createData(dir, programs, user, log);
  log('starting …');
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_connections: 300,
    max_replication_slots: 20,
    max_wal_senders: 20,
    max_slot_wal_keep_size: '4GB',
  };
  const args = ['-D', `${dir}/data`, '-p', String(port)];
  for (const [key, value] of Object.entries(settings)) args.push('-c', `${key}=${value}`);
  startProcess({ dir, port, command: `${programs}/postgres`, args, user });
  const isReady = async () =>
    (await run(`${programs}/pg_isready`, ['-q', '-h', '127.0.0.1', '-p', String(port)], { quiet: true })).code === 0;
  await waitUntilReady(dir, isReady);
  return { url: urlOf(port) };
}

/** The marker `created` is written last: a kill in between must not brick the next start. */
async function createData(dir, programs, user, log) {
  log('creating its data …');
  rmSync(`${dir}/data`, { recursive: true, force: true });
  makeFolder(`${dir}/data`, user);
  const file = `${dir}/password`;
  writeFileSync(file, password);
  const options = [
    '--username=parley',
    `--pwfile=${file}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
  ];
  const { code, output } = await run(`${programs}/initdb`, ['-D', `${dir}/data`, ...options], {
    cwd: dir,
    quiet: true,
    ...user,
  });
  rmSync(file);
  if (code !== 0) {
    rmSync(`${dir}/data`, { recursive: true, force: true });
    throw new Error(`initdb failed:\n${output}`);
  }
  writeFileSync(`${dir}/created`, '');
}

/** SIGINT is PostgreSQL's fast shutdown: it does not wait for its clients. */
export const down = ({ dir }) => stopProcess(dir, 'SIGINT');

export const status = async ({ dir }) => describeProcess(dir, urlOf);
