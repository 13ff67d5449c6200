import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runMigrate } from '../commands/run-migrate.ts';
import { joinAddress } from '../join-address.ts';
import type { Options } from '../options.ts';
import { envName } from '../options.ts';
import { waitForSignal } from '../wait-for-signal.ts';
import { createDatabases } from './create-databases.ts';
import { createFreePorts } from './free-ports.ts';
import { superviseNginx } from './nginx.ts';
import { type Instances, type Planned, planCluster } from './plan-cluster.ts';
import { type Row, showTable } from './show-table.ts';
import { type Supervisor, supervise } from './supervise.ts';

export interface ClusterCommand {
  readonly options: Options;
  /** The flags as they were given, passed on to every process. */
  readonly given: Readonly<Record<string, string>>;
  readonly instances: Instances;
  readonly version: string;
}

const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
const graceMs = 15_000;

/**
 * `parley cluster`: every service as a process of its own on this machine, over the engines given by URL, nginx in front. A
 * process that ends is started again. Runs until SIGTERM or SIGINT. What runs is shown as a table, and written to
 * `cluster.json` under --data at every change.
 */
export async function runCluster({ options, given, instances, version }: ClusterCommand): Promise<void> {
  checkEngines(options);
  mkdirSync(options.data, { recursive: true });
  const databases = await createDatabases(options);
  await runMigrate(withDatabases(options, databases));
  const planned = await planCluster(instances, createFreePorts(options.host));
  const discovery = planned.filter(({ target }) => target === 'discovery').map((one) => rpcAddress(options, one));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PARLEY_SERVICE_SECRET: options['service-secret'] ?? randomBytes(32).toString('base64url'),
  };
  for (const [service, url] of Object.entries(databases)) env[envName(`${service}-database-url`)] = url;
  // Whoever else had it could sign tokens with what the database holds.
  const { 'key-secret': _, ...forAll } = given;
  delete env.PARLEY_KEY_SECRET;
  const envOfIdentity = { ...env, PARLEY_KEY_SECRET: options['key-secret'].join() };

  const rows: { planned: Planned | null; supervisor: Supervisor }[] = [];
  const show = createShow(options, () => rows.map(({ planned, supervisor }) => ({ ...supervisor.info, planned })));
  for (const one of planned) {
    const own = {
      ...forAll,
      target: one.target,
      port: String(one.httpPort ?? 0),
      'grpc-port': String(one.grpcPort ?? 0),
      'rpc-port': String(one.rpcPort),
      'admin-port': String(one.adminPort),
      discovery: discovery.join(),
      advertise: rpcAddress(options, one),
      instance: one.name,
      'trust-proxy': 'true',
    };
    const supervisor = supervise({
      name: one.name,
      command: process.execPath,
      args: [cli, 'serve', ...Object.entries(own).flatMap(([name, value]) => [`--${name}`, value])],
      env: one.target === 'identity' ? envOfIdentity : env,
      readyLine: /^parley .* is ready at /,
      onLine: (line) => show.line(one.name, line),
      onChange: () => show.changed(),
    });
    rows.push({ planned: one, supervisor });
  }
  const nginx = superviseNginx({
    options,
    planned,
    onLine: (line) => show.line('nginx', line),
    onChange: () => show.changed(),
  });
  rows.push({ planned: null, supervisor: nginx });
  show.changed();

  const ending = waitForSignal();
  try {
    await Promise.race([Promise.all(rows.map(({ supervisor }) => supervisor.ready)), ending]);
    show.print(`parley ${version} cluster of ${planned.length} is ready at http://${options.host}:${options.port}`);
    await ending;
  } finally {
    show.stopping();
    // nginx after those who say goodbye through it, discovery last: the others take their leave there.
    const turn = ({ planned: one }: (typeof rows)[number]): number =>
      one === null ? 1 : one.target === 'discovery' ? 2 : 0;
    for (const now of [0, 1, 2]) {
      const ending = rows.filter((row) => turn(row) === now);
      await Promise.all(ending.map(({ supervisor }) => supervisor.stop(graceMs + options['drain-seconds'] * 1_000)));
    }
    show.close();
  }
}

function checkEngines(options: Options): void {
  if (options.listen.length > 0) throw new Error('--listen is for `parley serve`: nginx has one port of each kind');
  const missing = [
    ...(options.bus === 'memory' ? ['--bus kafka://HOST:PORT or amqp://USER:PASSWORD@HOST'] : []),
    ...(options.registry === 'memory' ? ['--registry redis://HOST:PORT'] : []),
  ];
  if (missing.length === 0) return;
  throw new Error(
    `parley cluster needs ${missing.join(' and ')}; \`npm run engines -- up\` starts them and says their URLs`,
  );
}

function withDatabases(options: Options, urls: Readonly<Record<string, string>>): Options {
  const own = Object.fromEntries(Object.entries(urls).map(([service, url]) => [`${service}-database-url`, url]));
  return { ...options, ...own };
}

const rpcAddress = ({ host }: Options, { rpcPort }: Planned): string => joinAddress(host, rpcPort);

/** On a terminal a table that is drawn anew, elsewhere a line for each change, and the processes' own lines on standard error. */
function createShow(options: Options, rows: () => readonly Row[]) {
  const terminal = process.stdout.isTTY === true;
  const stateFile = path.join(options.data, 'cluster.json');
  const told = new Map<string, string>();
  const messages: string[] = [];
  let closed = false;

  function draw(): void {
    if (!terminal || closed) return;
    process.stdout.write(`\x1b[H\x1b[2J${showTable(rows(), Date.now())}\n\n${messages.slice(-8).join('\n')}\n`);
  }
  const timer = terminal ? setInterval(draw, 1_000) : undefined;

  const print = (line: string): void => {
    messages.push(line);
    if (terminal) draw();
    else console.log(line);
  };
  return {
    print,
    line(name: string, line: string): void {
      if (line.startsWith('parley ')) return; // the ready line of a process is for the supervisor
      if (terminal) messages.push(`${name}: ${line}`);
      else console.error(`${name}: ${line}`);
    },
    changed(): void {
      const now = rows();
      writeFileSync(`${stateFile}.next`, `${JSON.stringify({ pid: process.pid, processes: now }, null, 2)}\n`);
      renameSync(`${stateFile}.next`, stateFile);
      if (terminal) {
        draw();
        return;
      }
      for (const { name, state, pid, lastExit } of now) {
        const text =
          state === 'restarting' ? `restarting (${lastExit})` : state === 'ready' ? `ready, pid ${pid}` : state;
        if (told.get(name) === text) continue;
        told.set(name, text);
        if (!closed) console.log(`${name}: ${text}`);
      }
    },
    stopping: () => print('stopping …'),
    close(): void {
      clearInterval(timer);
      if (terminal) draw();
      closed = true;
    },
  };
}
