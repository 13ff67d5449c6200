import { setTimeout as pause } from 'node:timers/promises';
import type { Health } from '../../../kernel/lifecycle.ts';
import type { Log } from '../../../kernel/log.ts';
import { bringUp, type Running } from './bring-up.ts';
import { AlreadyOwned, type Claim, ownedFailure } from './claim-server.ts';
import { checkMajor, createCluster, readPassword, startFailure, superuser } from './create-cluster.ts';
import { abandonServer, stopServer } from './launch-server.ts';
import { locateBinaries } from './locate-binaries.ts';
import { placeData } from './place-data.ts';
import { boundServerLog, serverLogFile } from './server-log.ts';

export interface EmbeddedPostgresOptions {
  /** The cluster's own folder, e.g. `<data>/postgres`; its log lies beside it as `<data>/postgres.log`. */
  readonly dataDir: string;
  readonly log: Log;
  /** 127.0.0.1 only; without it the port used last, or any free one. */
  readonly port?: number;
}

export interface EmbeddedPostgres {
  /** Of the database `parley`; holds the password. Stays the same while this process runs. */
  readonly url: string;
  /** Where the data really lies (see place-data). */
  readonly dataDir: string;
  /** Fast shutdown; waits for it. After `failed` it leaves the server to the process that has it. */
  stop(): Promise<void>;
  /** Tells the server to end at once, also one that stands still, and does not wait; it recovers at the next start. */
  abandon(): void;
  /** Never resolves; rejects when another process took the data over, so that nothing we do is safe any more. */
  readonly failed: Promise<never>;
  health(): Health;
}

const database = 'parley';

/**
 * PostgreSQL as a child of this process (MESSAGE-PATH rules 27 and 28): made at the first start, found again after a SIGKILL, started
 * again whenever it ends without us. Throws `service.unavailable` or `storage.full` with what an operator has to do.
 */
export async function startEmbeddedPostgres(o: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { ground, first } = await prepare(o).catch((error) => {
    if (error instanceof AlreadyOwned) throw ownedFailure(error);
    if (/^(ENOSPC|EDQUOT)/.test(error.code ?? '')) throw startFailure(o.dataDir, error.code);
    throw error;
  });
  const { place } = ground;
  await createDatabase(first.claim);

  let stopping = false;
  let running: Running | undefined = first;
  let bringing: Promise<Running | undefined> = Promise.resolve(first);
  const failed = supervise();
  // who does not look at it is not to die of it
  failed.catch(() => {});
  const bounding = setInterval(() => boundServerLog(serverLogFile(place.dataDir)), 60_000).unref();

  async function supervise(): Promise<never> {
    for (;;) {
      await running?.claim.lost;
      if (stopping) return new Promise(() => {});
      running = undefined;
      bringing = bringUpPatiently();
      o.log.error({ dataDir: place.dataDir }, 'the connection that owns PostgreSQL is lost: starting it again');
      running = await bringing;
      if (running) o.log.info({ dataDir: place.dataDir }, 'PostgreSQL is back');
    }
  }

  async function bringUpPatiently(): Promise<Running | undefined> {
    for (let waitMs = 100; !stopping; waitMs = Math.min(waitMs * 2, 5000)) {
      try {
        return await bringUp({ ...ground, port: first.port });
      } catch (error) {
        if (error instanceof AlreadyOwned) throw ownedFailure(error);
        o.log.error({ err: error, waitMs }, 'PostgreSQL does not start: trying again');
        await pause(waitMs);
      }
    }
    return undefined;
  }

  return {
    url: databaseUrl(readPassword(place.dataDir), first.port),
    dataDir: place.dataDir,
    failed,
    health: () => (running ? { status: 'ok' } : { status: 'down', detail: 'PostgreSQL is being started again.' }),
    async stop() {
      stopping = true;
      clearInterval(bounding);
      // A start under way would outlive us; one that was refused means that the server is another process's now.
      const ours = await bringing.then(
        () => true,
        () => false,
      );
      if (ours) await stopServer(place.dataDir);
    },
    abandon() {
      stopping = true;
      if (running) abandonServer(place.dataDir);
    },
  };
}

async function prepare(o: EmbeddedPostgresOptions) {
  const place = placeData(o.dataDir, o.log);
  const binaries = locateBinaries(place.user);
  await createCluster(place, binaries);
  checkMajor(place.dataDir, binaries);
  const ground = { place, binaries, log: o.log };
  return { ground, first: await bringUp({ ...ground, port: o.port }) };
}

export function databaseUrl(password: string, port: number): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}

async function createDatabase(claim: Claim): Promise<void> {
  const [exists] = await claim.query(`select 1 from pg_database where datname = '${database}'`);
  if (!exists) await claim.query(`create database ${database}`);
}
