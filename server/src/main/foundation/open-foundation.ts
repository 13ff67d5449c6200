import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createDiskBlobs } from '../../adapters/blobs/disk/create-disk-blobs.ts';
import { createFileMailer } from '../../adapters/mail/files/create-file-mailer.ts';
import { createReplication } from '../../adapters/replication/pgoutput/create-replication.ts';
import { createStorageGuard } from '../../adapters/storage-guard/disk/create-storage-guard.ts';
import { diskGauge } from '../../adapters/storage-guard/disk/disk-gauge.ts';
import { slotGauge } from '../../adapters/storage-guard/disk/slot-gauge.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Sql } from '../../ports/sql.ts';
import { type StoringService, storingServices } from '../all-services.ts';
import type { Options } from '../options.ts';
import type { Foundation, Opened } from '../program-context.ts';
import { type OpenedBus, openBus } from './open-bus.ts';
import { openDatabases } from './open-databases.ts';
import { type OpenedHubRegistry, openHubRegistry, openInstanceStore } from './open-hub-registry.ts';
import { checkSchema, currentLsn, distinctDatabases, openPools, relayDatabases, watchDatabases } from './open-sql.ts';

/**
 * Opens the adapters that the modules of this process ask for (`opens` of main/modules), as the options name them: the embedded
 * PostgreSQL unless a URL is given, its schema brought up to date; a database given by URL is refused until `parley migrate`
 * has run (MESSAGE-PATH rule 30). What nobody asks for throws when it is used.
 */
export async function openFoundation(
  options: Options,
  opens: ReadonlySet<Opened>,
  log: Log,
  metrics: Metrics,
): Promise<Foundation> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  const open = async <T extends { close(): Promise<void> }>(what: Opened, create: () => T | Promise<T>): Promise<T> => {
    if (!opens.has(what)) return unopened(what);
    const adapter = await create();
    opened.push(() => adapter.close());
    return adapter;
  };
  try {
    const stores = storingServices.filter((service) => opens.has(service));
    const urls = await openDatabases(options, opens.has('changes') ? storingServices : stores, log);
    opened.push(urls.close);
    const pools = openPools(urls, stores, options);
    opened.push(async () => {
      await Promise.all(Object.values(pools).map((each) => each.close()));
    });
    await checkSchema(pools, urls, log);
    const watches = await watchDatabases(pools, urls, log);
    opened.push(watches.stop);
    let openedBus: OpenedBus | undefined;
    const bus = await open('bus', async () => {
      openedBus = await openBus(options.bus, {
        log: log.child({ adapter: 'bus' }),
        metrics,
        partitions: options['bus-partitions'],
        instance: options.instance,
      });
      return openedBus.bus;
    });
    const shared = { log: log.child({ adapter: 'registry' }), clock: systemClock };
    let openedRegistry: OpenedHubRegistry | undefined;
    const registry = await open('registry', async () => {
      openedRegistry = await openHubRegistry(options.registry, shared);
      return openedRegistry.registry;
    });
    const instances = await open('instances', () => openInstanceStore(options.registry, shared));
    const storage = createStorageGuard({
      gauges: [
        ...(urls.dataFolder || opens.has('files') ? [diskGauge(urls.dataFolder ?? existingFolder(options.data))] : []),
        ...distinctDatabases(pools, urls).map(([service, sql]) => slotGauge(sql, `slot-${service}`)),
      ],
      log: log.child({ adapter: 'storage' }),
      metrics,
    });
    await storage.unit.start?.();
    opened.push(async () => storage.unit.stop?.());
    const sql = { ...Object.fromEntries(storingServices.map((name) => [name, unopened(name)])), ...pools };
    return {
      sql: sql as Record<StoringService, Sql>,
      databases: relayDatabases(urls),
      replication: createReplication(),
      bus,
      registry,
      instances,
      storage: storage.guard,
      blobs: createDiskBlobs({ folder: path.join(options.data, 'blobs'), full: storage.guard.full }),
      mailer: createFileMailer({ folder: path.join(options.data, 'mail') }),
      startLsn: () => currentLsn(pools.chat as Sql),
      health: () => {
        const broker = openedBus?.health();
        const redis = openedRegistry?.health();
        return {
          ...watches.health(),
          ...(broker && { bus: broker }),
          ...(redis && { registry: redis }),
          storage: storage.unit.health?.() ?? { status: 'ok' },
        };
      },
      failed: openedBus ? Promise.race([urls.failed, openedBus.failed]) : urls.failed,
      close,
      abandon: urls.abandon,
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/** Placeholder for an adapter that no module declared in `opens`; throws on first use. */
function unopened<T extends object>(what: Opened): T {
  return new Proxy({} as T, {
    get(_, property) {
      if (property === 'then') return undefined; // awaited, it is no promise
      throw new Error(`no module of this process opens ${what} (asked for ${String(property)})`);
    },
  });
}

/** Attachments and mail go there even when the database is elsewhere. */
function existingFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
