import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program: what a user runs. Works from source and from dist. */
export const root = fileURLToPath(import.meta.url).split(`${path.sep}tests${path.sep}`)[0] as string;
export const cli = path.join(root, 'server', 'dist', 'main', 'cli.js');

/** What the program is to know is given as flags: it takes every PARLEY_ variable for an option, those of the tests too. */
export const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_')));

export interface ServerOptions {
  /** Flags of `parley serve` without the dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Arguments of node itself, as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
  /** An existing folder, kept at the end; none: a temporary one. */
  readonly data?: string;
  /** Over a PostgreSQL that nobody else uses, to be killed by `killDatabase`. */
  readonly ownDatabase?: boolean;
  /** A file for standard error, where others can read it too; none: it is kept in memory. */
  readonly logFile?: string;
}

/** A system that runs, whoever has started it. */
export interface System {
  readonly url: string;
  /** Of a process that answers people. */
  readonly adminUrl: string;
  readonly data: string;
  /** Standard error so far; without `logFile` at most the last 200 KB. */
  log(): string;
}

/** A system of the test's own. */
export interface TestServer extends System {
  /** What every process of the system measures, one after the other. */
  metrics(): Promise<string>;
  /** For the program's commands about its data (`runCommand`): the flags that name it. */
  readonly dataFlags: readonly string[];
  readonly pid: number;
  /** Ends the process with the signal and waits for its end; its exit code. */
  kill(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends PostgreSQL (`ownDatabase`) in the hardest way it knows; it is back, or brought back by the system, some time later. */
  killDatabase(): Promise<void>;
  /** The same data on the same ports; waits until ready. */
  start(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

/** Runs `parley serve` on free ports and a data folder of its own; resolves when it says that it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await createFolder());
  let child: ChildProcess | undefined;
  let log = '';
  const ports = { url: '', adminUrl: '' };

  const readLog = (): string => (options.logFile ? readFileSync(options.logFile, 'utf8') : log);

  async function start(): Promise<void> {
    const flags: Record<string, string> = {
      port: ports.url ? new URL(ports.url).port : '0',
      'grpc-port': '0',
      'admin-port': ports.adminUrl ? new URL(ports.adminUrl).port : '0',
      data,
      'log-level': 'warn',
      ...options.flags,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const started = spawnParley(['serve', ...args], options);
    child = started;
    started.stderr?.on('data', (text) => {
      log = (log + text).slice(-200_000);
    });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      started.stdout?.on('data', (text) => {
        output += text;
        const ready = /ready at (http\S+) \(admin (http[^)]+)\)/.exec(output);
        if (!ready) return;
        [ports.url, ports.adminUrl] = [ready[1] as string, ready[2] as string];
        resolve();
      });
      started.once('exit', (code) =>
        reject(new Error(`the server ended with code ${code} before it was ready:\n${output}${readLog()}`)),
      );
    });
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return ending?.exitCode ?? null;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    const [code] = await ended;
    return code as number | null;
  }

  await start();
  return {
    get url() {
      return ports.url;
    },
    get adminUrl() {
      return ports.adminUrl;
    },
    metrics: () => metricsOf(ports.adminUrl),
    data,
    dataFlags: ['--data', data],
    get pid() {
      return child?.pid as number;
    },
    log: readLog,
    kill,
    async killDatabase() {
      process.kill(postmasterIn(path.join(data, 'postgres')), 'SIGQUIT');
    },
    start,
    async stop() {
      await kill('SIGTERM');
      if (!options.data) await rm(data, { recursive: true, force: true });
    },
  };
}

/** Starts the program with these arguments; without a stream of standard error when that goes to a file. */
export function spawnParley(args: readonly string[], { nodeArgs = [], logFile }: ServerOptions): ChildProcess {
  const errors = logFile ? openSync(logFile, 'a') : 'pipe';
  const child = spawn(process.execPath, [...nodeArgs, cli, ...args], { env, stdio: ['ignore', 'pipe', errors] });
  if (errors !== 'pipe') closeSync(errors);
  return child;
}

/** What a process measures, in the format of Prometheus. */
export const metricsOf = async (adminUrl: string): Promise<string> => (await fetch(`${adminUrl}/metrics`)).text();

/** PostgreSQL's own pid file in its data folder says it. */
export function postmasterIn(folder: string): number {
  return Number(readFileSync(path.join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Runs another command of the program to its end and gives what it printed; throws with that when it fails. */
export async function runCommand(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`parley ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** Open to other users: run as root, the server gives PostgreSQL to one of them. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-scenario-'));
  await chmod(folder, 0o755);
  return folder;
}
