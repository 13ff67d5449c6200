import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { listEngines } from '../engines/support/list-engines.mjs';
import { defaultDir } from '../engines/support/parse-arguments.mjs';
import { root } from '../setup/paths.mjs';
import { run, runWithRetries } from '../setup/run.mjs';

/**
 * The engines of the steps. Each has a set of its own, in a folder and on ports of its own (`portOffset`), beside the ones that
 * a developer may have running: steps that mostly wait run side by side, and some kill their engines.
 *
 * PostgreSQL is not among those of the adapters: the database suite brings its own.
 */
const sets = {
  adapters: { portOffset: 100, wanted: ['redis', 'rabbitmq', 'kafka', 'nginx'], partly: true },
  /** What `parley cluster` runs over. One test of these is about RabbitMQ. */
  split: { portOffset: 200, wanted: ['postgres', 'redis', 'nginx', 'kafka', 'rabbitmq'], bus: 'kafka' },
  rabbitmq: { portOffset: 300, wanted: ['postgres', 'redis', 'nginx', 'rabbitmq'], bus: 'rabbitmq' },
  chaos: { portOffset: 400, wanted: ['postgres', 'redis', 'nginx', 'kafka'], bus: 'kafka' },
};

/** A Kafka of a few minutes: its second compiler would take a third of what it costs, and not earn it back. */
const briefJava = { JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1' };

/** Brings up the engines this machine can have, empty. One that is missing skips its own tests, in CI it fails them. */
export const bringEngines = () => bring('adapters');

/** The same for tests of the split topology: all of them or none. */
export const bringSplit = () => bring('split');

/** For those tests over RabbitMQ instead of Kafka. */
export const bringSplitOverRabbitmq = () => bring('rabbitmq');

/** For those that kill what they run over. */
export const bringChaos = () => bring('chaos');

/**
 * @param {keyof typeof sets} name
 * @returns {Promise<{env: Record<string, string>, release(): Promise<void>} | null>} null: what the set needs is not here
 */
async function bring(name) {
  const { portOffset, wanted, bus, partly } = sets[name];
  const dir = `${defaultDir}-of-${name}-tests`;
  await stopAll(dir);
  const release = endWithUs(dir);
  // Thousands of topics that other tests have left make a Kafka that was killed need minutes to come back.
  rmSync(dir, { recursive: true, force: true });
  const found = (await listEngines()).filter((engine) => wanted.includes(engine.name));
  const urls = await Promise.all(found.map((engine) => bringOne(engine, dir, engine.defaultPort + portOffset)));
  const env = Object.fromEntries(
    found.flatMap((engine, i) => (urls[i] ? [[`PARLEY_TEST_${engine.name.toUpperCase()}_URL`, urls[i]]] : [])),
  );
  const count = Object.keys(env).length;
  if (count === 0 || (!partly && count < wanted.length)) {
    await release();
    return null;
  }
  const shape = bus ? await describeShape(bus) : {};
  return { env: { ...env, ...shape, ...briefJava, PARLEY_TEST_ENGINES_DIR: dir }, release };
}

/** For the tests of the split topology: which bad values they try is another choice with every commit, the same for one. */
async function describeShape(bus) {
  const { output } = await run('git', ['rev-parse', 'HEAD'], { quiet: true });
  const seed = process.env.PARLEY_TEST_SEED ?? String(Number.parseInt(output.slice(0, 7), 16) || 1);
  console.log(`PARLEY_TEST_SEED=${seed}`);
  return { PARLEY_TEST_TOPOLOGY: 'split', PARLEY_TEST_BUS: bus, PARLEY_TEST_SEED: seed };
}

/**
 * Engines outlive who starts them; a run that is broken off must not leave them behind.
 *
 * @returns {() => Promise<void>} ends them now
 */
function endWithUs(dir) {
  const onExit = () => {
    for (const folder of foldersOf(dir)) spawnSync(process.execPath, engines(['down', '--dir', folder]));
  };
  process.once('exit', onExit);
  return async () => {
    await stopAll(dir);
    process.off('exit', onExit);
  };
}

/** Its URL; null when it cannot be had here. */
async function bringOne({ name }, dir, port) {
  const args = ['up', name, '--dir', dir, '--port', `${name}=${port}`];
  // again when it was not there in time: it goes on from where it is
  const { code, output } = await runWithRetries(process.execPath, engines(args), { quiet: true, env: briefJava }, 2);
  const url = new RegExp(`^${name.toUpperCase()}=(.+)$`, 'm').exec(output)?.[1];
  if (code === 0 && url) return url;
  console.error(output);
  return null;
}

async function stopAll(dir) {
  for (const folder of foldersOf(dir)) await run(process.execPath, engines(['down', '--dir', folder]), { quiet: true });
}

/** Of the set, and of what a test has put beside it for itself (tests/harness/engine-processes.ts) and did not end. */
function foldersOf(dir) {
  if (!existsSync(dir)) return [];
  const own = readdirSync(dir).filter((name) => name.startsWith('own-'));
  return [dir, ...own.map((name) => `${dir}/${name}`)];
}

const engines = (args) => [`${root}/scripts/engines.mjs`, ...args];
