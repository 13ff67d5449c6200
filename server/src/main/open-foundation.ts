import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createDiskBlobs } from '../adapters/blobs/disk/create-disk-blobs.ts';
import { createMemoryBus } from '../adapters/bus/memory/create-memory-bus.ts';
import { createMemoryHubRegistry } from '../adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { createFileMailer } from '../adapters/mail/files/create-file-mailer.ts';
import { createReplication } from '../adapters/replication/pgoutput/create-replication.ts';
import { type MigrateOptions, migrate, migrationsFolder, pendingMigrations } from '../adapters/sql/migrate.ts';
import { createPostgres } from '../adapters/sql/postgres/create-postgres.ts';
import { type DatabaseWatch, watchDatabase } from '../adapters/sql/postgres/watch-database.ts';
import { createStorageGuard } from '../adapters/storage-guard/disk/create-storage-guard.ts';
import { diskGauge } from '../adapters/storage-guard/disk/disk-gauge.ts';
import { slotGauge } from '../adapters/storage-guard/disk/slot-gauge.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Sql } from '../ports/sql.ts';
import { loadIncarnation } from '../services/chat/load-incarnation.ts';
import type { RelayDatabase } from '../services/relay/config.ts';
import { type DatabaseUrls, openDatabases } from './open-databases.ts';
import type { Options } from './options.ts';
import { type Foundation, type StoringService, storingServices } from './program-context.ts';

/**
 * Opens every adapter the options name: the embedded PostgreSQL unless a URL is given, its schema brought up to date; a
 * database given by URL is refused until `parley migrate` has run (MESSAGE-PATH rule 30).
 */
export async function openFoundation(options: Options, log: Log, metrics: Metrics): Promise<Foundation> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const urls = await openDatabases(options, log);
    opened.push(urls.close);
    const sql = openPools(urls);
    opened.push(async () => {
      await Promise.all(Object.values(sql).map((each) => each.close()));
    });
    await checkSchema(sql, urls, log);
    const watches = await watchDatabases(sql, urls, log);
    opened.push(async () => watches.stop());
    const bus = createMemoryBus({ log: log.child({ adapter: 'bus' }), metrics });
    opened.push(() => bus.close());
    const registry = createMemoryHubRegistry({ clock: systemClock });
    opened.push(() => registry.close());
    const storage = createStorageGuard({
      gauges: [diskGauge(urls.dataFolder ?? existingFolder(options.data)), ...slotGauges(sql, urls)],
      log: log.child({ adapter: 'storage' }),
      metrics,
    });
    await storage.unit.start?.();
    opened.push(async () => storage.unit.stop?.());
    return {
      sql,
      databases: relayDatabases(urls),
      incarnation: await loadIncarnation(sql.chat),
      replication: createReplication(),
      bus,
      registry,
      storage: storage.guard,
      blobs: createDiskBlobs({ folder: path.join(options.data, 'blobs'), full: storage.guard.full }),
      mailer: createFileMailer({ folder: path.join(options.data, 'mail') }),
      startLsn: () => currentLsn(sql.chat),
      health: () => ({ ...watches.health(), storage: storage.unit.health?.() ?? { status: 'ok' } }),
      failed: urls.failed,
      close,
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/**
 * The committer keeps its lanes' connections; the rest is for commands and reads. Callers have gone after ten seconds: a
 * statement that goes on for long (a search for a word that everybody uses) would only keep a connection from others.
 */
const poolSizes: Record<StoringService, number> = { identity: 8, people: 6, chat: 20 };

function openPools(urls: DatabaseUrls): Record<StoringService, Sql> {
  const open = (service: StoringService): Sql =>
    createPostgres({
      url: urls.of[service],
      max: poolSizes[service],
      applicationName: `parley-${service}`,
      statementTimeoutMs: 20_000,
      answerTimeoutMs: 30_000,
    });
  return { identity: open('identity'), people: open('people'), chat: open('chat') };
}

/** A gauge per database: each has a slot of its own. */
function slotGauges(sql: Record<StoringService, Sql>, urls: DatabaseUrls) {
  return distinctDatabases(urls).map((service) => slotGauge(sql[service], `slot-${service}`));
}

/** One service for each database. */
function distinctDatabases({ of }: DatabaseUrls): StoringService[] {
  return storingServices.filter((service, i) => storingServices.findIndex((other) => of[other] === of[service]) === i);
}

/** `database`, or where there are several, each by the first service that keeps its data there: `database-chat`. */
async function watchDatabases(sql: Record<StoringService, Sql>, urls: DatabaseUrls, log: Log) {
  const databases = distinctDatabases(urls);
  const watches = await Promise.all(
    databases.map(async (service) => {
      const watch = await watchDatabase(sql[service], { log: log.child({ adapter: 'postgres', service }) });
      return [databases.length === 1 ? 'database' : `database-${service}`, watch] as const;
    }),
  );
  const healthOf = (watch: DatabaseWatch): Health => {
    const own = urls.health();
    return own && own.status !== 'ok' ? own : watch.health();
  };
  return {
    health: () => Object.fromEntries(watches.map(([name, watch]) => [name, healthOf(watch)])),
    stop: () => {
      for (const [, watch] of watches) watch.stop();
    },
  };
}

async function checkSchema(sql: Record<StoringService, Sql>, urls: DatabaseUrls, log: Log): Promise<void> {
  for (const service of storingServices) {
    const which = { dir: migrationsFolder(), services: [service] };
    if (urls.embedded) await migrateInItsTime(urls.of[service], { ...which, log });
    else if ((await pendingMigrations(sql[service], which)).length > 0) {
      throw new Error(
        `the ${service} database is not at this version: run \`parley migrate\` with the same options first`,
      );
    }
  }
}

/** Over a connection without time limits: building an index may take longer than any statement of the services may. */
async function migrateInItsTime(url: string, o: MigrateOptions): Promise<void> {
  const sql = createPostgres({ url, max: 1, applicationName: 'parley-migrate' });
  try {
    await migrate(sql, o);
  } finally {
    await sql.close();
  }
}

/** One replication slot per database; the schemas that share a database share its slot. */
function relayDatabases(urls: DatabaseUrls): RelayDatabase[] {
  return [...new Set(Object.values(urls.of))].map((url) => ({
    name: new URL(url).pathname.slice(1) || 'postgres',
    url,
    publications: storingServices.filter((service) => urls.of[service] === url).map((service) => `parley_${service}`),
    slot: `parley_${(new URL(url).pathname.slice(1) || 'postgres').replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 60),
  }));
}

/** Attachments and mail go there even when the database is elsewhere. */
function existingFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function currentLsn(sql: Sql): Promise<bigint> {
  const [row] = await sql.query<{ lsn: string }>(`select (pg_current_wal_lsn() - '0/0'::pg_lsn)::text as lsn`);
  return BigInt(row?.lsn ?? 0);
}
