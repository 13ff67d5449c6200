import { type MigrateOptions, migrate, migrationsFolder, pendingMigrations } from '../../adapters/sql/migrate.ts';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { type DatabaseWatch, watchDatabase } from '../../adapters/sql/postgres/watch-database.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Sql } from '../../ports/sql.ts';
import type { RelayDatabase } from '../../services/relay/config.ts';
import { knownServices, type StoringService, storingServices } from '../all-services.ts';
import type { Options } from '../options.ts';
import type { DatabaseUrls } from './open-databases.ts';

export type Pools = Partial<Record<StoringService, Sql>>;

/** A pool for each of the services, as large as the service says. */
export function openPools(
  { of }: Pick<DatabaseUrls, 'of'>,
  services: readonly StoringService[],
  options: Options,
): Pools {
  const sizes = countConnections(options);
  const open = (service: StoringService): Sql =>
    createPostgres({
      url: of[service] as string,
      max: sizes[service],
      applicationName: `parley-${service}`,
      // Callers have gone after ten seconds: a statement that goes on for long (a search for a word that everybody uses) would
      // only keep a connection from others.
      statementTimeoutMs: 20_000,
      answerTimeoutMs: 30_000,
      idleInTransactionMs: 10_000,
    });
  return Object.fromEntries(services.map((service) => [service, open(service)]));
}

/** Connections to its database that a process of each service opens at the most. */
export function countConnections(options: Options): Readonly<Record<StoringService, number>> {
  const counts = knownServices.flatMap((service) =>
    'database' in service ? [[service.name, service.database.connections(options)]] : [],
  );
  return Object.fromEntries(counts);
}

/** One service for each database that is open here: each database has a slot and a life of its own. */
export function distinctDatabases(pools: Pools, { of }: DatabaseUrls): [StoringService, Sql][] {
  const open = storingServices.filter((service) => pools[service]);
  return open
    .filter((service, i) => open.findIndex((other) => of[other] === of[service]) === i)
    .map((service) => [service, pools[service] as Sql]);
}

/** `database` where all services keep their data in one; else each by the first service that keeps its data there: `database-chat`. */
export async function watchDatabases(pools: Pools, urls: DatabaseUrls, log: Log) {
  const databases = distinctDatabases(pools, urls);
  // A process that opens one of several must not call it as if there were no others.
  const holdsAll = databases.length === 1 && Object.keys(pools).length === storingServices.length;
  const watches = await Promise.all(
    databases.map(async ([service, sql]) => {
      // A connection of its own: that the others are all in use says nothing about the database.
      const probe = createPostgres({ url: sql.url, max: 1, applicationName: 'parley-watch', answerTimeoutMs: 30_000 });
      const watch = await watchDatabase(probe, { log: log.child({ adapter: 'postgres', service }) });
      return [holdsAll ? 'database' : `database-${service}`, watch, probe] as const;
    }),
  );
  const healthOf = (watch: DatabaseWatch): Health => {
    const own = urls.health();
    return own && own.status !== 'ok' ? own : watch.health();
  };
  return {
    health: () => Object.fromEntries(watches.map(([name, watch]) => [name, healthOf(watch)])),
    stop: async () => {
      for (const [, watch] of watches) watch.stop();
      await Promise.all(watches.map(([, , probe]) => probe.close()));
    },
  };
}

/** Brings the embedded database up to date; refuses one elsewhere until `parley migrate` has run (MESSAGE-PATH rule 30). */
export async function checkSchema(pools: Pools, urls: DatabaseUrls, log: Log): Promise<void> {
  for (const [service, sql] of Object.entries(pools)) {
    const which = { dir: migrationsFolder(), services: [service] };
    if (urls.embedded) await migrateInItsTime(urls.of[service as StoringService] as string, { ...which, log });
    else if ((await pendingMigrations(sql, which)).length > 0) {
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
export function relayDatabases({ of }: DatabaseUrls): RelayDatabase[] {
  return [...new Set(Object.values(of))].map((url) => {
    const name = new URL(url).pathname.slice(1) || 'postgres';
    return {
      name,
      url,
      publications: storingServices.filter((service) => of[service] === url).map((service) => `parley_${service}`),
      slot: `parley_${name.replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 60),
    };
  });
}

export async function currentLsn(sql: Sql): Promise<bigint> {
  const [row] = await sql.query<{ lsn: string }>(`select (pg_current_wal_lsn() - '0/0'::pg_lsn)::text as lsn`);
  return BigInt(row?.lsn ?? 0);
}
