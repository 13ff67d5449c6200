import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../kernel/clock.ts';
import { createId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { openAdminServer } from '../runtime/admin-server.ts';
import { Program, planModules } from '../runtime/modules.ts';
import { createLog, createTelemetry } from '../runtime/telemetry.ts';
import type { ProcessStatus } from '../services/process/api.ts';
import { serviceNames } from './all-services.ts';
import { decideReady } from './decide-ready.ts';
import { openFoundation } from './foundation/open-foundation.ts';
import { joinAddress } from './join-address.ts';
import type { System } from './join-system.ts';
import { modules } from './modules.ts';
import type { Options } from './options.ts';
import { createOwnProcess } from './own-process.ts';
import { createPressure } from './pressure.ts';
import { createProcesses } from './processes.ts';
import type { Foundation, Opened, ProgramContext, ProgramModule, Provided } from './program-context.ts';
import { createServices } from './services.ts';
import { createStatus } from './status.ts';
import { targets } from './targets.ts';
import { waitForSignal } from './wait-for-signal.ts';
import { watchStrayErrors } from './watch-stray-errors.ts';

/**
 * `parley serve`: opens the adapters, starts the modules of the targets, says one line on standard output when it is ready,
 * and runs until SIGTERM or SIGINT (exit 0) or until a part fails (exit 1).
 */
export async function serve(options: Options, version: string): Promise<void> {
  const plan = planTargets(options);
  const log = createLog(options['log-level']).child({ target: options.target.join() });
  const metrics = createTelemetry();
  const ending = waitForSignal();
  const stray = watchStrayErrors(log);
  const opens = new Set<Opened>(plan.flatMap((module) => module.opens ?? []));
  let opened: Foundation | undefined;
  void ending.then(() => endInTime(options, log, () => opened?.abandon()));
  const foundation = await openFoundation(options, opens, log, metrics);
  opened = foundation;
  let failure: unknown;
  try {
    await run(options, { version, plan, foundation, log, metrics, ending, stray });
  } catch (error) {
    failure = error;
  }
  await foundation.close().catch((error: unknown) => {
    failure ??= error;
    log.error({ error }, 'something did not close cleanly');
  });
  if (failure) throw failure;
  process.exit(0);
}

/** What may take as long, beside the drain, before the process ends whatever hangs. */
const endingMs = 9_500;

/**
 * A database that stands still, a peer that never answers: after --drain-seconds and ten more the process has ended. Nothing that was
 * acknowledged is lost by it; what was under way is sent again by who has no answer.
 */
function endInTime(options: Options, log: Log, abandon: () => void): void {
  setTimeout(
    () => {
      log.error({}, 'something hangs: the process ends without waiting for it');
      abandon();
      process.exit(1);
    },
    options['drain-seconds'] * 1_000 + endingMs,
  ).unref();
}

interface Run {
  readonly version: string;
  readonly plan: readonly ProgramModule[];
  readonly foundation: Foundation;
  readonly log: Log;
  readonly metrics: ReturnType<typeof createTelemetry>;
  readonly ending: Promise<void>;
  /** Rejects when something went wrong that no part of the program answers for. */
  readonly stray: Promise<never>;
}

async function run(options: Options, { version, plan, foundation, log, metrics, ending, stray }: Run): Promise<void> {
  const began = systemClock.monotonic();
  const processId = createId<string>();
  const ownServices = plan.map(({ name }) => name).filter((name) => serviceNames.includes(name));
  let stopping = false;
  const ownStatus = (): ProcessStatus => {
    const parts = { foundation: { ...foundation.health(), ...system?.health() }, modules: program.health() };
    const ready = program.ready() && !stopping && decideReady(parts);
    const uptimeSeconds = Math.round((systemClock.monotonic() - began) / 1_000);
    return { version, uptimeSeconds, ready, ...parts };
  };
  const ownProcess = createOwnProcess(ownStatus);
  const alone = options.target.includes('all');
  const system: System | null = alone
    ? null
    : await (await import('./join-system.ts')).joinSystem({
        options,
        processId,
        ownServices,
        own: ownProcess.api,
        ready: () => ownStatus().ready,
        log,
        metrics,
        clock: systemClock,
      });
  const others = system?.others ?? null;
  const processes = createProcesses({ own: ownProcess.api, ownServices, others, log });
  const services = createServices({ log, processId, remote: system?.remote ?? null });
  const context: ProgramContext = {
    ...foundation,
    options,
    log,
    metrics,
    clock: systemClock,
    services,
    processId,
    process: ownProcess,
    processes,
    webRoot: findWebRoot(),
    pressure: createPressure(),
    status: async () => createStatus(ownStatus(), await processes.statuses(serviceNames), alone ? [] : serviceNames),
  };
  const program = new Program<ProgramContext, Provided>(modules, options.target, context, { log });
  const admin = await openAdminServer({
    host: options['admin-host'],
    port: options['admin-port'],
    ready: () => ownStatus().ready,
    health: () => ({ ...ownStatus().foundation, ...ownStatus().modules }),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render() }),
  });
  let failure: unknown;
  let started = false;
  try {
    // A start may wait for another process for long: a signal must not wait for the start.
    started = await Promise.race([program.start().then(() => true), ending.then(() => false), stray]);
    if (started) {
      await system?.announce(services.provided());
      console.log(
        readyLine(version, options, {
          http: program.provided('http')?.http.port ?? null,
          admin: admin.port,
          system,
        }),
      );
      await Promise.race([ending, program.failed, foundation.failed, stray]);
    }
    log.info({}, 'stopping');
  } catch (error) {
    failure = error;
    // What kept it from starting is told once, in words, by the command line.
    if (started) log.error({ error }, 'stopping because a part of the program failed');
  }
  stopping = true;
  const steps = [
    () => system?.leave(),
    () => pause(failure || !started ? 0 : options['drain-seconds'] * 1_000),
    // A hub sends its connections away while routers still reach it: the stream waits for a hub that is out of reach.
    () => program.drain(),
    () => system?.stopServing(),
    () => program.stop(),
    () => system?.close(),
    () => admin.close(),
  ];
  for (const step of steps) {
    await Promise.resolve()
      .then(step)
      .catch((error: unknown) => {
        failure ??= error;
        log.error({ error }, 'something did not stop cleanly');
      });
  }
  if (failure) throw failure;
}

/** The modules of the targets; throws for an unknown one, and for a single one without what processes need to meet. */
function planTargets(options: Options): ProgramModule[] {
  const unknown = options.target.filter((name) => !(name in targets));
  if (unknown.length > 0 || options.target.length === 0) {
    throw new Error(`unknown target ${unknown.join(', ') || '""'}; known: ${Object.keys(targets).join(', ')}`);
  }
  const plan = planModules(modules, options.target).flat();
  if (options.target.includes('all')) return plan;
  const opens = plan.flatMap((module) => module.opens ?? []);
  // A target other than `all` shares its bus and registry with other processes, which memory cannot (docs/operations/cluster.md).
  const problems = [
    ...(opens.includes('bus') && options.bus === 'memory'
      ? ['--bus kafka://… or amqp://… (memory serves one process)']
      : []),
    ...(opens.includes('registry') && options.registry === 'memory' ? ['--registry redis://…'] : []),
    ...(options.discovery.length === 0 ? ['--discovery HOST:PORT of the discovery service'] : []),
    ...(options['service-secret'] === undefined ? ['PARLEY_SERVICE_SECRET'] : []),
    ...(isWildcard(options.host) && !options.advertise ? ['--advertise HOST:PORT, as others reach it'] : []),
  ];
  if (problems.length > 0) {
    throw new Error(`--target ${options.target.join()} is one of several processes and needs ${problems.join(', ')}`);
  }
  return plan;
}

/** The built web application beside the server; null when it has not been built. */
function findWebRoot(): string | null {
  const folder = fileURLToPath(new URL('../../../web/dist/', import.meta.url));
  return existsSync(folder) ? folder : null;
}

interface Ports {
  readonly http: number | null;
  readonly admin: number;
  readonly system: System | null;
}

function readyLine(version: string, options: Options, { http, admin, system }: Ports): string {
  const where = http === null ? `${options.host}:${system?.rpcPort} (rpc)` : address(options.host, http);
  const what = options.target.includes('all') ? '' : ` ${options.target.join()}`;
  return `parley ${version}${what} is ready at ${where} (admin ${address(options['admin-host'], admin)})`;
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

function address(host: string, port: number): string {
  return `http://${joinAddress(isWildcard(host) ? 'localhost' : host, port)}`;
}
