import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { bringUp, type OwnEngine, startOwnPostgres } from './engine-processes.ts';
import {
  createFolder,
  metricsOf,
  postmasterIn,
  root,
  type ServerOptions,
  spawnParley,
  type TestServer,
} from './server.ts';

/** The engines that the split topology stands on, by URL; the suite that runs it brings them (scripts/suites). */
export interface Engines {
  readonly postgres: string;
  readonly redis: string;
  /** Kafka or RabbitMQ. */
  readonly bus: string;
  /** Where `npm run engines` keeps them; none: they cannot be killed. */
  readonly dir?: string | undefined;
}

/** Those with a database of their own: who keeps data has migrations. */
const services = readdirSync(path.join(root, 'server', 'migrations'));

/** What `parley cluster` says of one of its processes. */
export interface ClusterProcess {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped';
  readonly pid: number | null;
  readonly restarts: number;
  readonly planned: {
    readonly target: string;
    readonly httpPort: number | null;
    readonly rpcPort: number;
    readonly adminPort: number;
  } | null;
}

export interface Cluster extends TestServer {
  /** What it made at the broker, by name, and what stays there. */
  readonly created: readonly string[];
  /** As they are now. */
  processes(): readonly ClusterProcess[];
}

/** Throws when the step that runs the tests has not brought them. PARLEY_TEST_BUS chooses between the two brokers. */
export function findEngines(given: NodeJS.ProcessEnv = process.env): Engines {
  const { PARLEY_TEST_POSTGRES_URL: postgres, PARLEY_TEST_REDIS_URL: redis } = given;
  const bus = given.PARLEY_TEST_BUS === 'rabbitmq' ? given.PARLEY_TEST_RABBITMQ_URL : given.PARLEY_TEST_KAFKA_URL;
  if (postgres && redis && bus) return { postgres, redis, bus, dir: given.PARLEY_TEST_ENGINES_DIR };
  throw new Error('the split topology needs engines: run it with `npm test -- scenarios-split`');
}

/**
 * Runs `parley cluster`: every service a process of its own with a database of its own, nginx in front. What it keeps in the
 * engines bears a name of its own; the databases are removed by `stop`.
 */
export async function startSplit(given: Engines, options: ServerOptions = {}): Promise<Cluster> {
  const own = options.ownDatabase ? await startOwnPostgres(given) : null;
  const engines: Engines = own ? { ...given, postgres: own.url } : given;
  const name = `t${randomBytes(6).toString('hex')}`;
  const data = options.data ?? (await createFolder());
  const port = 10_000 + Math.floor(Math.random() * 9_000);
  const flags: Record<string, string> = {
    port: String(port),
    'grpc-port': String(port + 1),
    data,
    'log-level': 'warn',
    'database-url': withPath(engines.postgres, name),
    bus: nameBus(engines.bus, name),
    registry: `${engines.redis}?prefix=${name}`,
    ...options.flags,
  };
  const created: string[] = [];
  let child: ChildProcess | undefined;
  let log = '';

  const readLog = (): string => (options.logFile ? readFileSync(options.logFile, 'utf8') : log);

  async function start(): Promise<void> {
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    const started = spawnParley(['cluster', ...args], options);
    child = started;
    started.stderr?.on('data', (text) => {
      log = (log + text).slice(-500_000);
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      started.stdout?.on('data', (text) => {
        output += text;
        if (/cluster of \d+ is ready/.test(output)) resolve();
      });
      started.once('exit', (code) =>
        reject(new Error(`the cluster ended with code ${code} before it was ready:\n${output}${readLog()}`)),
      );
    });
    for (const [, made] of output.matchAll(/^created (\S+)$/gm)) created.push(made as string);
  }

  const processes = (): readonly ClusterProcess[] =>
    (JSON.parse(readFileSync(path.join(data, 'cluster.json'), 'utf8')) as { processes: ClusterProcess[] }).processes;

  const adminUrls = (target?: string): string[] =>
    processes().flatMap(({ planned }) =>
      planned && (!target || planned.target === target) ? [`http://127.0.0.1:${planned.adminPort}`] : [],
    );

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return ending?.exitCode ?? null;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    // Killed, it cannot end its processes: a machine that loses its power loses all of them.
    if (signal === 'SIGKILL') for (const { pid } of processes()) if (pid !== null) killQuietly(pid);
    const [code] = await ended;
    return code as number | null;
  }

  await start().catch(async (error) => {
    await own?.stop();
    throw error;
  });
  return {
    created,
    url: `http://127.0.0.1:${port}`,
    get adminUrl() {
      return adminUrls('gateway')[0] as string;
    },
    metrics: async () => (await Promise.all(adminUrls().map(metricsOf))).join('\n'),
    data,
    dataFlags: [
      ...['--data', data],
      ...services.flatMap((service) => [`--${service}-database-url`, withPath(engines.postgres, `${name}_${service}`)]),
    ],
    get pid() {
      return child?.pid as number;
    },
    log: readLog,
    processes,
    kill,
    async killDatabase() {
      if (!own) throw new Error('others use the PostgreSQL of this system: start it with ownDatabase');
      await restartPostgres(own);
    },
    start,
    async stop() {
      await kill('SIGTERM');
      await dropDatabases(
        engines.postgres,
        services.map((service) => `${name}_${service}`),
      );
      await own?.stop();
      if (!options.data) await rm(data, { recursive: true, force: true });
    },
  };
}

async function restartPostgres({ url, dir }: OwnEngine): Promise<void> {
  process.kill(postmasterIn(path.join(dir, 'postgres', 'data')), 'SIGQUIT');
  // until its port is free and it has gone over its log
  for (let tries = 1; ; tries++) {
    const isUp = await bringUp(dir, 'postgres', Number(new URL(url).port)).catch(() => null);
    if (isUp && (await answers(url))) return;
    if (tries === 20) throw new Error('PostgreSQL did not come back');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

function withPath(url: string, name: string): string {
  const named = new URL(url);
  named.pathname = `/${name}`;
  return named.href;
}

const nameBus = (url: string, name: string): string =>
  url.startsWith('kafka:') ? `${url}/${name}` : `${url}?prefix=${name}`;

/** With their replication slots, which would keep the database's log for ever. */
export async function dropDatabases(url: string, databases: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const slots = `select slot_name, active_pid from pg_replication_slots where database = any ($1)`;
    const { rows } = await client.query<{ slot_name: string; active_pid: number | null }>(slots, [databases]);
    // waits for its end: a slot in use cannot be dropped
    for (const { active_pid } of rows)
      if (active_pid) await client.query('select pg_terminate_backend($1, 30000)', [active_pid]);
    for (const { slot_name } of rows) await client.query('select pg_drop_replication_slot($1)', [slot_name]);
    for (const database of databases) await client.query(`drop database if exists "${database}" with (force)`);
  } finally {
    await client.end();
  }
}
