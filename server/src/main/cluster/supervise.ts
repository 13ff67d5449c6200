import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createDeferred } from '../../kernel/deferred.ts';

export type ProcessState = 'starting' | 'ready' | 'restarting' | 'stopped';

/** What is known of a supervised process. */
export interface Supervised {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly restarts: number;
  /** Unix milliseconds of the last change of state. */
  readonly since: number;
  /** How the last run ended; null: it has not yet. */
  readonly lastExit: string | null;
}

export interface Supervisor {
  readonly info: Supervised;
  /** Resolves at the first `ready`; rejects when the process ends before. */
  readonly ready: Promise<void>;
  /** Ends the process with SIGTERM, with SIGKILL after `graceMs`, and starts it no more. */
  stop(graceMs: number): Promise<void>;
}

export interface SuperviseOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A line of standard output that says that the process serves; null: it does as soon as it runs. */
  readonly readyLine: RegExp | null;
  /** Each line of standard error and output. */
  onLine(line: string): void;
  onChange(): void;
}

const restartFirstMs = 100;
const restartMaxMs = 5_000;

/**
 * Runs a process and starts it again whenever it ends, however it ended: at once at first, more slowly when it keeps ending
 * before it was ready. The child is given a channel and ends by itself when this process is gone.
 */
export function supervise(options: SuperviseOptions): Supervisor {
  const info = {
    name: options.name,
    state: 'starting' as ProcessState,
    pid: null as number | null,
    restarts: 0,
    since: Date.now(),
    lastExit: null as string | null,
  };
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let failures = 0;
  const ready = createDeferred();

  function enter(state: ProcessState): void {
    info.state = state;
    info.since = Date.now();
    options.onChange();
  }

  function start(): void {
    const started = spawn(options.command, options.args, {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.readyLine ? (['ipc'] as const) : [])],
    });
    child = started;
    info.pid = started.pid ?? null;
    enter('starting');
    const serve = (): void => {
      failures = 0;
      enter('ready');
      ready.resolve();
    };
    if (started.stdout) {
      createInterface({ input: started.stdout }).on('line', (line) => {
        if (options.readyLine?.test(line)) serve();
        options.onLine(line);
      });
    }
    if (started.stderr) createInterface({ input: started.stderr }).on('line', (line) => options.onLine(line));
    if (!options.readyLine) started.once('spawn', serve);
    started.once('error', (error) => onEnd(error.message));
    started.once('exit', (code, signal) => onEnd(signal ?? `code ${code}`));
  }

  function onEnd(how: string): void {
    if (info.pid === null && info.state === 'restarting') return; // an error and an exit of one process
    const wasReady = info.state === 'ready';
    info.lastExit = how;
    info.pid = null;
    if (stopping) {
      enter('stopped');
      return;
    }
    if (!wasReady) ready.reject(new Error(`${options.name} ended (${how}) before it was ready`));
    info.restarts++;
    enter('restarting');
    failures++;
    timer = setTimeout(start, Math.min(restartMaxMs, restartFirstMs * 2 ** (failures - 1)));
  }

  start();
  return {
    info,
    ready: ready.promise,
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) {
        enter('stopped');
        return;
      }
      const ended = once(ending, 'exit');
      ending.kill('SIGTERM');
      const kill = setTimeout(() => ending.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(kill);
    },
  };
}
