import path from 'node:path';
import type { Log } from '../../kernel/log.ts';
import type { Options } from '../options.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { withDatabases } from './with-databases.ts';

const blobsFolder = (options: Options): string => path.join(options.data, 'blobs');
const onProgress = (line: string): void => console.error(line);

/** `parley backup FILE`: progress on standard error, one line with the result on standard output. */
export async function runBackup(options: Options, file: string, version: string): Promise<void> {
  const { bytes } = await withDatabases(options, (databases) =>
    backup(file, { databases, blobsFolder: blobsFolder(options), version, onProgress }),
  );
  console.log(`${path.resolve(file)} holds everything (${(bytes / 2 ** 20).toFixed(1)} MiB)`);
}

/** `parley restore FILE`: into the databases of the options, which need not be those it came from. */
export async function runRestore(options: Options, file: string, force: boolean): Promise<void> {
  const bring = (databases: Readonly<Record<string, string>>, log: Log) =>
    restore(file, { databases, blobsFolder: blobsFolder(options), log, force, onProgress });
  await withDatabases(options, bring, true);
  console.log('restored; clients fetch anew when they come back');
}
