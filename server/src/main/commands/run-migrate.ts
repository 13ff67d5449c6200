import { createLog } from '../../runtime/telemetry.ts';
import { migrateBus } from '../foundation/open-bus.ts';
import type { Options } from '../options.ts';
import { migrate } from './migrate.ts';
import { withDatabases } from './with-databases.ts';

/** `parley migrate`: the schemas of the databases, and what the bus needs at its broker. */
export async function runMigrate(options: Options): Promise<void> {
  const applied = await withDatabases(options, (databases, log) => migrate({ databases, log }));
  for (const name of applied) console.log(`applied ${name}`);
  if (applied.length === 0) console.log('the databases are at this version already');
  if (options.bus === 'memory') return;
  const { created, advice } = await migrateBus(options.bus, {
    partitions: options['bus-partitions'],
    retentionHours: options['bus-retention-hours'],
    log: createLog('warn'),
  });
  for (const name of created) console.log(`created ${name}`);
  if (created.length === 0) console.log('the broker has all that is needed already');
  if (advice) console.log(advice);
}
