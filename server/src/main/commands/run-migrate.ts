import type { Options } from '../options.ts';
import { migrate } from './migrate.ts';
import { withDatabases } from './with-databases.ts';

/** `parley migrate`. */
export async function runMigrate(options: Options): Promise<void> {
  const applied = await withDatabases(options, (databases, log) => migrate({ databases, log }));
  for (const name of applied) console.log(`applied ${name}`);
  if (applied.length === 0) console.log('the databases are at this version already');
}
