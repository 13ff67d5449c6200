import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/** Process groups that we started and that have not ended. */
const running = new Set();
let ending = false;

function killAll(signal) {
  for (const pid of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // it ended in the meantime
    }
  }
}

function onSignal(signal) {
  if (ending) return;
  ending = true;
  killAll('SIGTERM');
  // Children get a moment to clean up; whoever is left is killed by the 'exit' handler.
  setTimeout(() => process.exit(signal === 'SIGINT' ? 130 : 143), running.size === 0 ? 0 : 3000);
}

const onInt = () => onSignal('SIGINT');
const onTerm = () => onSignal('SIGTERM');
const onExit = () => killAll('SIGKILL');
process.on('SIGINT', onInt);
process.on('SIGTERM', onTerm);
process.on('exit', onExit);

/** Gives the signals back: from here on the program that runs in this process answers them itself. */
export function releaseSignals() {
  process.off('SIGINT', onInt);
  process.off('SIGTERM', onTerm);
  process.off('exit', onExit);
}

/**
 * Runs a command to its end, in a process group of its own, so that a time-out or Ctrl-C ends its children too.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: Record<string, string | undefined>, quiet?: boolean, timeoutMs?: number, uid?: number,
 *   gid?: number}} [options] `quiet` collects the output instead of showing it; `uid`, `gid`: run as this user.
 * @returns {Promise<{code: number, output: string, timedOut: boolean}>} `code` 127: the command could not be started
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid }),
      stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    let timedOut = false;
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    const timer = options.timeoutMs
      ? setTimeout(() => {
          timedOut = true;
          signalGroup(child.pid, 'SIGKILL');
        }, options.timeoutMs)
      : undefined;
    const end = (code) => {
      clearTimeout(timer);
      if (child.pid !== undefined) {
        // What the command left behind in its group must not outlive it.
        signalGroup(child.pid, 'SIGKILL');
        running.delete(child.pid);
      }
      resolve({ code, output, timedOut });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(127);
    });
    child.on('close', (code) => end(code ?? 1));
    if (child.pid !== undefined) running.add(child.pid);
  });
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody is left in the group
  }
}

/** As `run`, up to `attempts` times with a growing pause: for what goes over the network. */
export async function runWithRetries(command, args, options = {}, attempts = 3) {
  for (let attempt = 1; ; attempt++) {
    const result = await run(command, args, options);
    if (result.code === 0 || attempt === attempts || ending) return result;
    console.error(`${command} ${args.join(' ')}: failed (attempt ${attempt} of ${attempts}), trying again.`);
    await new Promise((resolve) => setTimeout(resolve, attempt * 3000));
  }
}
