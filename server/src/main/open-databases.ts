import path from 'node:path';
import { reachEmbeddedPostgres } from '../adapters/sql/embedded/reach-embedded-postgres.ts';
import { startEmbeddedPostgres } from '../adapters/sql/embedded/start-embedded-postgres.ts';
import type { Health } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { Options } from './options.ts';
import type { StoringService } from './program-context.ts';

/** Where each service's data is. */
export interface DatabaseUrls {
  readonly of: Readonly<Record<StoringService, string>>;
  /** True: the one under --data, ours to migrate. */
  readonly embedded: boolean;
  /** The folder of the embedded database's files, whose disk is watched; null for a database elsewhere. */
  readonly dataFolder: string | null;
  readonly failed: Promise<never>;
  /** Of the embedded database; null for one elsewhere. */
  health(): Health | null;
  close(): Promise<void>;
}

const forever = new Promise<never>(() => {});

/** A URL per service from the options, or the embedded PostgreSQL, started and owned by this process. */
export async function openDatabases(options: Options, log: Log): Promise<DatabaseUrls> {
  const given = givenUrls(options);
  if (given)
    return { of: given, embedded: false, dataFolder: null, failed: forever, health: () => null, close: async () => {} };
  const postgres = await startEmbeddedPostgres(embeddedOptions(options, log));
  return {
    of: everyService(postgres.url),
    embedded: true,
    dataFolder: postgres.dataDir,
    failed: postgres.failed,
    health: postgres.health,
    close: postgres.stop,
  };
}

/** The same for a command that may run beside a server: an embedded PostgreSQL that is running already is only visited. */
export async function reachDatabases(options: Options, log: Log): Promise<Pick<DatabaseUrls, 'of' | 'close'>> {
  const given = givenUrls(options);
  if (given) return { of: given, close: async () => {} };
  const postgres = await reachEmbeddedPostgres(embeddedOptions(options, log));
  return { of: everyService(postgres.url), close: postgres.close };
}

function givenUrls(options: Options): Record<StoringService, string> | null {
  const own = (service: StoringService): string | undefined =>
    options[`${service}-database-url`] ?? options['database-url'];
  const [identity, people, chat] = [own('identity'), own('people'), own('chat')];
  if (identity && people && chat) return { identity, people, chat };
  if (!identity && !people && !chat) return null;
  throw new Error(
    'some services have a database URL and others have none: give --database-url, or one for each service',
  );
}

function embeddedOptions(options: Options, log: Log): { dataDir: string; log: Log } {
  return { dataDir: path.resolve(options.data, 'postgres'), log: log.child({ adapter: 'postgres' }) };
}

function everyService(url: string): Record<StoringService, string> {
  return { identity: url, people: url, chat: url };
}
