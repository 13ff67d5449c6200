/**
 * Apache Kafka in KRaft mode: one broker that is its own controller, from its jars on Maven Central. Also a command of its own:
 * `node scripts/engines/kafka.mjs up|down|status [--port 9092] [--dir .cache/engines/kafka]`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cache, root } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { describeBroker } from './kafka/describe-broker.mjs';
import { isAnswering } from './kafka/is-answering.mjs';
import { installing } from './support/packages.mjs';

export const name = 'kafka';
export const defaultPort = 9092;

/** Names the folder of the jars; kafka/pom.xml says the same. */
const version = '4.1.2';
const jars = `${cache}/kafka-${version}`;
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** Fixed: a folder formatted once belongs to the same cluster for ever. */
const clusterId = 'UGFybGV5S2Fma2FUZXN0MA';
const startMs = 60_000;
const stopMs = 30_000;

/**
 * Brings the jars (43 MB) unless they are there. Needs Java 17 and Maven; root on Debian gets them by itself.
 *
 * @param {(line: string) => void} [log] progress, a line at a time
 * @returns {Promise<void>} rejects with a message for people
 */
export async function install(log = console.error) {
  await installing(() => installMissing(log));
}

async function installMissing(log) {
  await needCommand('java', ['-version'], 'openjdk-17-jre-headless', log);
  await needJava17();
  if (existsSync(jars)) return;
  await needCommand('mvn', ['--version'], 'maven', log);
  log(`Bringing Apache Kafka ${version} from Maven Central …`);
  const partial = `${jars}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const pom = `${root}/scripts/engines/kafka/pom.xml`;
  const fixed = ['-B', '-C', '-f', pom, copyGoal, '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  for (let attempt = 1; ; attempt++) {
    const { code, tail } = await runMaven(fixed, log);
    if (code === 0) break;
    if (attempt === 3) throw new Error(`Maven could not bring Kafka's jars:\n${tail}`);
    log(`Maven failed (attempt ${attempt} of 3), trying again.`);
  }
  // Only a whole set of jars gets the name that is looked for.
  renameSync(partial, jars);
  log(`${readdirSync(jars).length} jars are there.`);
}

async function needCommand(command, args, debianPackage, log) {
  if ((await run(command, args, { quiet: true })).code === 0) return;
  const advice = `Kafka needs ${command}: install it (on Debian: apt-get install ${debianPackage}), then retry.`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(advice);
  log(`Installing ${debianPackage} …`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { quiet: true, env });
  const installArgs = ['install', '-y', '-qq', '--no-install-recommends', debianPackage];
  const { code, output } = await run('apt-get', installArgs, { quiet: true, env });
  if (code !== 0) throw new Error(`${advice}\n${output}`);
}

async function needJava17() {
  const { output } = await run('java', ['-version'], { quiet: true });
  const major = Number(/version "(\d+)/.exec(output)?.[1]);
  if (!(major >= 17)) throw new Error(`Kafka ${version} needs Java 17 or newer, java -version says:\n${output}`);
}

/** Counts the jars as they come; Maven itself checks them against the published sums (-C). */
function runMaven(args, log) {
  return new Promise((done) => {
    const child = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    let count = 0;
    const onLine = (line) => {
      if (/^\[INFO\] (Downloading|Progress)/.test(line)) return;
      lines.push(line);
      if (lines.length > 20) lines.shift();
      if (/Downloaded .*\.jar /.test(line) && ++count % 10 === 0) log(`${count} jars downloaded …`);
    };
    createInterface({ input: child.stdout }).on('line', onLine);
    createInterface({ input: child.stderr }).on('line', onLine);
    child.on('error', (error) => done({ code: 127, tail: error.message }));
    child.on('close', (code) => done({ code, tail: lines.join('\n') }));
  });
}

/**
 * Starts the broker, or finds it running. Everything it writes is below `dir`; it outlives this process.
 *
 * @param {{dir: string, port?: number, log?: (line: string) => void}} options the controller takes the port after `port`
 * @returns {Promise<{url: string}>} resolves when the broker answers; rejects with the end of its log
 */
export async function up({ dir, port = defaultPort, log = console.error }) {
  const running = await status({ dir });
  if (running.running) {
    if (running.port === port && (await answersInTime(port))) return { url: running.url };
    if (running.port === port)
      throw new Error(`Kafka in ${dir} runs (pid ${running.pid}) and does not answer: stop it (down).`);
    throw new Error(`Kafka in ${dir} runs on port ${running.port}: stop it first (down) to move it to ${port}.`);
  }
  if (await isAnswering(port)) throw new Error(`Port ${port} is taken by another broker: choose one with --port.`);
  await install(log);
  mkdirSync(dir, { recursive: true });
  const properties = `${dir}/server.properties`;
  writeFileSync(properties, describeBroker({ dir, port }));
  const formatted = await run('java', [...javaOptions(), 'kafka.tools.StorageTool', ...format(properties)], {
    quiet: true,
  });
  if (formatted.code !== 0) throw new Error(`Kafka's folder ${dir}/data could not be formatted:\n${formatted.output}`);
  log(`Starting Kafka on port ${port} …`);
  await start({ dir, port, properties });
  return { url: urlOf(port) };
}

const format = (properties) => ['format', '--ignore-formatted', '-t', clusterId, '-c', properties];
const urlOf = (port) => `kafka://127.0.0.1:${port}`;

function javaOptions() {
  return [
    '-Xms256m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-cp',
    `${jars}/*`,
  ];
}

async function start({ dir, port, properties }) {
  const logFile = `${dir}/kafka.log`;
  const out = openSync(logFile, 'w');
  const child = spawn('java', [...javaOptions(), 'kafka.Kafka', properties], {
    detached: true,
    stdio: ['ignore', out, out],
  });
  let ended = false;
  child.on('error', () => (ended = true));
  child.on('exit', () => (ended = true));
  child.unref();
  writeFileSync(`${dir}/kafka.json`, JSON.stringify({ pid: child.pid, port }));
  if (await answersInTime(port, () => ended)) return;
  if (!ended) child.kill('SIGKILL');
  rmSync(`${dir}/kafka.json`, { force: true });
  const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
  throw new Error(`Kafka ${ended ? 'ended' : 'did not answer'} while starting; the end of ${logFile}:\n${tail}`);
}

async function answersInTime(port, isOver = () => false) {
  const giveUpAt = Date.now() + startMs;
  while (!isOver() && Date.now() < giveUpAt) {
    if (await isAnswering(port)) return true;
    await pause(200);
  }
  return false;
}

/**
 * Stops the broker of `dir`; nothing to do when none runs. Its data stays.
 *
 * @param {{dir: string, signal?: NodeJS.Signals}} options `signal` SIGKILL: a crash
 */
export async function down({ dir, signal = 'SIGTERM' }) {
  const { running, pid } = await status({ dir });
  if (running) {
    process.kill(pid, signal);
    const killAt = Date.now() + stopMs;
    while (await isBroker(pid, dir)) {
      if (Date.now() > killAt) process.kill(pid, 'SIGKILL');
      await pause(100);
    }
  }
  rmSync(`${dir}/kafka.json`, { force: true });
}

/**
 * @param {{dir: string}} options
 * @returns {Promise<{running: false} | {running: true, answering: boolean, pid: number, port: number, url: string}>}
 */
export async function status({ dir }) {
  const file = `${dir}/kafka.json`;
  if (!existsSync(file)) return { running: false };
  const { pid, port } = JSON.parse(readFileSync(file, 'utf8'));
  if (!(await isBroker(pid, dir))) return { running: false };
  return { running: true, answering: await isAnswering(port), pid, port, url: urlOf(port) };
}

/** The pid may belong to somebody else by now: the command line names the folder. */
async function isBroker(pid, dir) {
  const { output } = await run('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)], { quiet: true });
  return output.includes(`${dir}/server.properties`) && !output.startsWith('Z');
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function main() {
  const options = { port: { type: 'string' }, dir: { type: 'string' } };
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const dir = resolve(values.dir ?? `${cache}/engines/kafka`);
  const port = Number(values.port ?? defaultPort);
  if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new Error('--port must be a number from 1 to 65534.');
  switch (positionals.join(' ')) {
    case 'up':
      return console.log((await up({ dir, port })).url);
    case 'down':
      return down({ dir });
    case 'status':
      return console.log(JSON.stringify(await status({ dir })));
    default:
      throw new Error('Usage: node scripts/engines/kafka.mjs up|down|status [--port 9092] [--dir FOLDER]');
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
