import { spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The user an engine runs as: the package's own when we are root (PostgreSQL refuses root), else ourselves.
 *
 * @returns {{uid?: number, gid?: number}}
 */
export function userOf(name) {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) throw new Error(`There is no user ${name}: is the package installed completely?`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** Creates a folder that belongs to the engine's user. */
export function makeFolder(path, { uid, gid }) {
  mkdirSync(path, { recursive: true });
  if (uid !== undefined) chownSync(path, uid, gid);
}

/**
 * Starts a program that outlives us, in a process group of its own, with its output in `<dir>/log`.
 *
 * @param {{dir: string, port: number, command: string, args: readonly string[], user?: object, env?: object}} what
 */
export function startProcess({ dir, port, command, args, user = {}, env = {} }) {
  const output = openSync(`${dir}/log`, 'a');
  const child = spawn(command, args, {
    cwd: dir,
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ...env },
    ...user,
  });
  closeSync(output);
  child.on('error', () => {});
  if (child.pid === undefined) throw new Error(`${command} could not be started.`);
  child.unref();
  writeFileSync(`${dir}/process.json`, JSON.stringify({ pid: child.pid, started: startOf(child.pid), port }));
}

/** @returns {{pid: number, port: number} | null} the process started in `dir`, if it is still that one */
export function readProcess(dir) {
  if (!existsSync(`${dir}/process.json`)) return null;
  const { pid, started, port } = JSON.parse(readFileSync(`${dir}/process.json`, 'utf8'));
  const now = startOf(pid);
  return now !== null && now === started ? { pid, port } : null;
}

/** When a process began, in ticks since boot: the same pid with another start is another process. null: there is none. */
function startOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? null : fields[19];
  } catch {
    return null;
  }
}

/** What an engine's `status` says of the process of `dir`. */
export function describeProcess(dir, urlOf) {
  const found = readProcess(dir);
  return found ? { running: true, ...found, url: urlOf(found.port) } : { running: false };
}

/** Ends the process of `dir` and everything in its group: politely, and after `timeoutMs` by force. */
export async function stopProcess(dir, signal = 'SIGTERM', timeoutMs = 20_000) {
  const found = readProcess(dir);
  if (found) {
    signalGroup(found.pid, signal);
    const until = performance.now() + timeoutMs;
    while (readProcess(dir) && performance.now() < until) await sleep(50);
    signalGroup(found.pid, 'SIGKILL');
    while (readProcess(dir)) await sleep(20);
  }
  rmSync(`${dir}/process.json`, { force: true });
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody is left in the group
  }
}

/**
 * Waits until the process of `dir` answers. Throws with the end of its log when it ends or takes longer than `timeoutMs`.
 *
 * @param {string} dir
 * @param {() => Promise<boolean>} answers
 */
export async function waitUntilReady(dir, answers, timeoutMs = 60_000) {
  const until = performance.now() + timeoutMs;
  while (!(await answers())) {
    const ended = readProcess(dir) === null;
    if (ended || performance.now() > until) {
      await stopProcess(dir);
      const tail = readFileSync(`${dir}/log`, 'utf8').split('\n').slice(-15).join('\n');
      throw new Error(
        `It ${ended ? 'ended at once' : 'did not answer in time'}; its log ${dir}/log ends with:\n${tail}`,
      );
    }
    await sleep(50);
  }
}

/** Throws when somebody else listens on the port already. */
export async function requireFreePort(port, name) {
  if (await isListening(port)) {
    throw new Error(`Port ${port} is taken by another program: stop it, or choose another with --port ${name}=PORT.`);
  }
}

/** What a server answers to `greeting` within a second, as text; null when nobody listens or nothing comes. */
export function ask(port, greeting) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', timeout: 1_000 }, () => socket.write(greeting));
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (chunk) => end(chunk.toString('latin1')));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(null));
  });
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
