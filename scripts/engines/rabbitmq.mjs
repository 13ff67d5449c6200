import { existsSync } from 'node:fs';
import { run } from '../setup/run.mjs';
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

export const name = 'rabbitmq';
export const defaultPort = 5692;

const programs = '/usr/lib/rabbitmq/bin';
/** Debian's guest account; the broker takes it from loopback only. */
const urlOf = (port) => `amqp://guest:guest@127.0.0.1:${port}`;

/**
 * Bounds by policy, so that an operator can change them without deleting queues; `reject-publish` makes a full queue slow
 * the publisher down, where the default would drop the oldest records (MESSAGE-PATH rule 24).
 */
const bounds = JSON.stringify({
  'max-length-bytes': 1 << 30,
  overflow: 'reject-publish',
  'delivery-limit': 1_000_000_000,
});

/** A node of its own: ports after the broker's, everything else in `dir`. */
function environmentOf(dir, port) {
  return {
    HOME: dir,
    RABBITMQ_NODENAME: `parley-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(port + 2),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(port + 1),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONFIG_FILE: `${dir}/rabbitmq`,
    RABBITMQ_CONF_ENV_FILE: `${dir}/rabbitmq-env.conf`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${dir}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${dir}/data`,
    RABBITMQ_LOG_BASE: `${dir}/logs`,
  };
}

export async function install(log) {
  await installPackages(['rabbitmq-server'], () => existsSync(`${programs}/rabbitmq-server`), log);
  await stopService('rabbitmq-server');
}

export async function up({ dir, port, log }) {
  const running = readProcess(dir);
  if (running) return { url: urlOf(running.port) };
  await requireFreePort(port, name);
  log('starting (about ten seconds) …');
  const user = userOf('rabbitmq');
  for (const folder of [dir, `${dir}/data`, `${dir}/logs`]) makeFolder(folder, user);
  const env = environmentOf(dir, port);
  startProcess({ dir, port, command: `${programs}/rabbitmq-server`, args: [], user, env });
  await waitUntilReady(dir, async () => (await ask(port, 'AMQP\0\0\x09\x01'))?.includes('RabbitMQ') === true, 120_000);
  // A broker that listens is not always one that has recovered its queues.
  await control(dir, port, ['await_startup', '--timeout', '60']);
  await control(dir, port, ['set_policy', '--apply-to', 'queues', 'parley-bounds', '^', bounds]);
  return { url: urlOf(port) };
}

async function control(dir, port, args) {
  const { code, output } = await run(`${programs}/rabbitmqctl`, ['-q', ...args], {
    cwd: dir,
    quiet: true,
    env: environmentOf(dir, port),
    ...userOf('rabbitmq'),
  });
  if (code !== 0) throw new Error(`rabbitmqctl ${args[0]} failed:\n${output}`);
}

/** The port mapper (epmd) puts itself into the background, so it has to be ended by itself. */
export async function down({ dir }) {
  const found = readProcess(dir);
  await stopProcess(dir, 'SIGTERM', 40_000);
  if (found) await run('epmd', ['-kill'], { cwd: '/', quiet: true, env: environmentOf(dir, found.port) });
}

export const status = async ({ dir }) => describeProcess(dir, urlOf);
