import type { BackupContent } from '../../adapters/sql/backup/read-backup.ts';
import { type RestoreTarget, restoreBackup } from '../../adapters/sql/backup/restore-backup.ts';
import { migrationsFolder } from '../../adapters/sql/migrate.ts';

/** Brings a file of `backup` back, also to other databases than it came from: the way from the embedded one to `--database-url`. */
export function restore(file: string, target: Omit<RestoreTarget, 'migrationsFolder'>): Promise<BackupContent> {
  return restoreBackup(file, { ...target, migrationsFolder: migrationsFolder() });
}
