import { rmSync } from 'node:fs';
import { listEngines } from '../engines/support/list-engines.mjs';
import { defaultDir } from '../engines/support/parse-arguments.mjs';
import { root } from '../setup/paths.mjs';
import { run, runWithRetries } from '../setup/run.mjs';

/** Beside the engines a developer may have running, and on other ports. */
const dir = `${defaultDir}-of-tests`;
const portOffset = 100;

/** PostgreSQL is not among them: the database suite brings its own. */
const ofAdapters = ['redis', 'rabbitmq', 'kafka', 'nginx'];
/** What `parley cluster` runs over, the broker left out. */
const ofClusters = ['postgres', 'redis', 'nginx'];

/**
 * Brings up the engines this machine can have, empty. One that is missing skips its own tests, in CI it fails them.
 *
 * @returns {Promise<{env: Record<string, string>, release(): Promise<void>} | null>} null: none of them
 */
export const bringEngines = () => bring(ofAdapters);

/** The same for tests of the split topology: with a PostgreSQL, and all of them or none. One test of it is about RabbitMQ. */
export const bringSplit = () => bringCluster(['kafka', 'rabbitmq']);

/** For those tests over RabbitMQ instead of Kafka. */
export const bringSplitOverRabbitmq = () => bringCluster(['rabbitmq']);

/** @param {[bus: string, ...others: string[]]} brokers the first is the one that clusters run over */
async function bringCluster(brokers) {
  const wanted = [...ofClusters, ...brokers];
  const brought = await bring(wanted);
  if (brought && wanted.some((name) => !brought.env[`PARLEY_TEST_${name.toUpperCase()}_URL`])) {
    await brought.release();
    return null;
  }
  return brought && { ...brought, env: { ...brought.env, PARLEY_TEST_TOPOLOGY: 'split', PARLEY_TEST_BUS: brokers[0] } };
}

async function bring(wanted) {
  const found = (await listEngines()).filter((engine) => wanted.includes(engine.name));
  const env = { PARLEY_TEST_ENGINES_DIR: dir };
  // Thousands of topics that other tests have left make a Kafka that was killed need minutes to come back.
  await run(process.execPath, engines(['down', '--dir', dir]), { quiet: true });
  rmSync(dir, { recursive: true, force: true });
  for (const { name, defaultPort } of found) {
    const args = ['up', name, '--dir', dir, '--port', `${name}=${defaultPort + portOffset}`];
    // again when it was not there in time: it goes on from where it is
    const { code, output } = await runWithRetries(process.execPath, engines(args), { quiet: true }, 2);
    const url = new RegExp(`^${name.toUpperCase()}=(.+)$`, 'm').exec(output)?.[1];
    if (code === 0 && url) env[`PARLEY_TEST_${name.toUpperCase()}_URL`] = url;
    else console.error(output);
  }
  if (Object.keys(env).length === 1) return null;
  return {
    env,
    release: async () => void (await run(process.execPath, engines(['down', '--dir', dir]), { quiet: true })),
  };
}

const engines = (args) => [`${root}/scripts/engines.mjs`, ...args];
