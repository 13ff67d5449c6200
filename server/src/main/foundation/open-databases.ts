import path from 'node:path';
import { reachEmbeddedPostgres } from '../../adapters/sql/embedded/reach-embedded-postgres.ts';
import { startEmbeddedPostgres } from '../../adapters/sql/embedded/start-embedded-postgres.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import { type StoringService, storingServices } from '../all-services.ts';
import { checkDataFolder } from '../check-data-folder.ts';
import type { Options } from '../options.ts';

/** Where the data of each service is that this process stores or follows. */
export interface DatabaseUrls {
  readonly of: Readonly<Partial<Record<StoringService, string>>>;
  /** True: the one under --data, ours to migrate. */
  readonly embedded: boolean;
  /** The folder of the embedded database's files, whose disk is watched; null for a database elsewhere. */
  readonly dataFolder: string | null;
  readonly failed: Promise<never>;
  /** Of the embedded database; null for one elsewhere. */
  health(): Health | null;
  close(): Promise<void>;
  /** The embedded server is told to end at once, and is not waited for. */
  abandon(): void;
}

const forever = new Promise<never>(() => {});

/** A URL per service asked for from the options, or the embedded PostgreSQL, started and owned by this process. */
export async function openDatabases(
  options: Options,
  services: readonly StoringService[],
  log: Log,
): Promise<DatabaseUrls> {
  const elsewhere = {
    ...{ embedded: false, dataFolder: null, failed: forever },
    ...{ health: () => null, close: async () => {}, abandon: () => {} },
  };
  if (services.length === 0) return { of: {}, ...elsewhere };
  const given = givenUrls(options, services);
  if (given) return { of: given, ...elsewhere };
  if (!options.target.includes('all')) {
    throw new Error(
      `${services.join(' and ')}: no database is given, and the embedded one is for --target all: give --database-url`,
    );
  }
  checkDataFolder(options.data);
  const postgres = await startEmbeddedPostgres(embeddedOptions(options, log));
  return {
    of: everyService(postgres.url),
    embedded: true,
    dataFolder: postgres.dataDir,
    failed: postgres.failed,
    health: postgres.health,
    close: postgres.stop,
    abandon: postgres.abandon,
  };
}

/** The same for a command that may run beside a server: an embedded PostgreSQL that is running already is only visited. */
export async function reachDatabases(
  options: Options,
  log: Log,
): Promise<{ readonly of: Readonly<Record<StoringService, string>>; close(): Promise<void> }> {
  const given = givenUrls(options, storingServices);
  if (given) return { of: given as Record<StoringService, string>, close: async () => {} };
  const postgres = await reachEmbeddedPostgres(embeddedOptions(options, log));
  return { of: everyService(postgres.url), close: postgres.close };
}

/** null: none of the services has one. Throws when only some have. */
function givenUrls(
  options: Options,
  services: readonly StoringService[],
): Partial<Record<StoringService, string>> | null {
  const urls = services.map((service) => options[`${service}-database-url`] ?? options['database-url']);
  if (urls.every((url) => url === undefined)) return null;
  const without = services.filter((_, i) => urls[i] === undefined);
  if (without.length > 0) {
    throw new Error(
      `no database URL for ${without.join(' and ')}, though others have one: give --database-url, or one for each service`,
    );
  }
  return Object.fromEntries(services.map((service, i) => [service, urls[i] as string]));
}

function embeddedOptions(options: Options, log: Log): { dataDir: string; log: Log } {
  return { dataDir: path.resolve(options.data, 'postgres'), log: log.child({ adapter: 'postgres' }) };
}

function everyService(url: string): Record<StoringService, string> {
  return Object.fromEntries(storingServices.map((service) => [service, url])) as Record<StoringService, string>;
}
