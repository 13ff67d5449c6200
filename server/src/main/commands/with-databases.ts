import type { Log } from '../../kernel/log.ts';
import { createLog } from '../../runtime/telemetry.ts';
import { type StoringService, storingServices } from '../all-services.ts';
import { openDatabases, reachDatabases } from '../foundation/open-databases.ts';
import type { Options } from '../options.ts';

/** Runs a command with the databases of its options and lets go of them whatever happens. Warnings go to standard error. */
export async function withDatabases<T>(
  options: Options,
  work: (of: Readonly<Record<StoringService, string>>, log: Log) => Promise<T>,
  /** True: an embedded database must be ours alone; refused while a server has it. */
  alone = false,
): Promise<T> {
  const log = createLog(options['log-level'] === 'info' ? 'warn' : options['log-level']);
  const databases = await (alone ? openDatabases(options, storingServices, log) : reachDatabases(options, log));
  try {
    return await work(databases.of as Record<StoringService, string>, log);
  } finally {
    await databases.close();
  }
}
