import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type BackupSource, writeBackup } from '../../adapters/sql/backup/write-backup.ts';
import { syncFolder } from '../../adapters/sql/sync-folder.ts';
import { fail } from '../../kernel/errors.ts';

/**
 * Writes everything to `file`, which appears only when it is whole and on disk; an existing one is replaced only then. The server
 * may be running. Throws `storage.full`.
 */
export async function backup(file: string, source: BackupSource): Promise<{ readonly bytes: number }> {
  const wanted = path.resolve(file);
  const unfinished = `${wanted}.part-${process.pid}`;
  try {
    await writeBackup(source, createWriteStream(unfinished, { mode: 0o600, flush: true }));
    await rename(unfinished, wanted);
    await syncFolder(path.dirname(wanted));
  } catch (error) {
    await rm(unfinished, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw fail('storage.full', { detail: `The disk that shall hold ${wanted} is full.`, cause: error });
  }
  return { bytes: (await stat(wanted)).size };
}
