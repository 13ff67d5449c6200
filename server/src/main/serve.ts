import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../kernel/clock.ts';
import { systemContext } from '../kernel/context.ts';
import { openAdminServer } from '../runtime/admin-server.ts';
import { Program } from '../runtime/modules.ts';
import { createLog, createTelemetry } from '../runtime/telemetry.ts';
import { modules } from './modules.ts';
import { openFoundation } from './open-foundation.ts';
import type { Options } from './options.ts';
import type { ProgramContext } from './program-context.ts';
import { createServices } from './services.ts';
import { createStatus } from './status.ts';
import { targets } from './targets.ts';

/**
 * `parley serve`: opens the adapters, starts the modules of the targets, says one line on standard output when it is ready,
 * and runs until SIGTERM or SIGINT (exit 0) or until a part fails (exit 1).
 */
export async function serve(options: Options, version: string): Promise<void> {
  checkTargets(options);
  const log = createLog(options['log-level']);
  const metrics = createTelemetry();
  const ending = waitForSignal();
  const foundation = await openFoundation(options, log, metrics);
  const began = systemClock.monotonic();
  const context = {
    ...foundation,
    options,
    log,
    metrics,
    clock: systemClock,
    services: createServices(log),
    webRoot: findWebRoot(),
    createContext: systemContext,
    onLost: (error: unknown) => log.error({ error }, 'a background call failed'),
    status: () =>
      createStatus({
        foundation: foundation.health(),
        modules: program.health(),
        ready: program.ready(),
        version,
        uptimeSeconds: Math.round((systemClock.monotonic() - began) / 1_000),
      }),
    httpPort: options.port,
    behind: () => false,
  } as unknown as ProgramContext; // the hub's module adds the hub
  const program = new Program(modules, options.target, context, { log });
  let stopping = false;
  const admin = await openAdminServer({
    host: options.host,
    port: options['admin-port'],
    ready: () => !stopping && program.ready(),
    health: () => ({ ...foundation.health(), ...program.health() }),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render() }),
  }).catch(async (error) => {
    await foundation.close();
    throw error;
  });
  let failure: unknown;
  let started = false;
  try {
    await program.start();
    started = true;
    console.log(
      `parley ${version} is ready at ${address(options.host, context.httpPort)} (admin ${address(options.host, admin.port)})`,
    );
    await Promise.race([ending, program.failed, foundation.failed]);
    log.info({}, 'stopping');
  } catch (error) {
    failure = error;
    // What kept it from starting is told once, in words, by the command line.
    if (started) log.error({ error }, 'stopping because a part of the program failed');
  }
  stopping = true;
  await new Promise((resolve) => setTimeout(resolve, failure ? 0 : options['drain-seconds'] * 1_000));
  for (const step of [() => program.stop(), () => admin.close(), () => foundation.close()]) {
    await step().catch((error: unknown) => {
      failure ??= error;
      log.error({ error }, 'something did not stop cleanly');
    });
  }
  if (failure) throw failure;
  process.exit(0);
}

/** A target other than `all` shares its bus and registry with other processes, which memory cannot (DESIGN section 3). */
function checkTargets(options: Options): void {
  const unknown = options.target.filter((name) => !(name in targets));
  if (unknown.length > 0 || options.target.length === 0) {
    throw new Error(`unknown target ${unknown.join(', ') || '""'}; known: ${Object.keys(targets).join(', ')}`);
  }
  if (!options.target.includes('all') && (options.bus === 'memory' || options.registry === 'memory')) {
    throw new Error(
      'a single target needs a bus and a registry that processes share; with --bus memory only --target all can run',
    );
  }
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** The built web application beside the server; null when it has not been built. */
function findWebRoot(): string | null {
  const folder = fileURLToPath(new URL('../../../web/dist/', import.meta.url));
  return existsSync(folder) ? folder : null;
}

function address(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
}
