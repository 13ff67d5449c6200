import { migrate as migrateSchema, migrationsFolder } from '../../adapters/sql/migrate.ts';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import type { Log } from '../../kernel/log.ts';

export interface MigrateCommand {
  /** Service → URL of its database. */
  readonly databases: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** Brings the schemas of all services to this version; returns the migrations applied. */
export async function migrate({ databases, log }: MigrateCommand): Promise<readonly string[]> {
  const applied: string[] = [];
  for (const [service, url] of Object.entries(databases)) {
    const sql = createPostgres({ url, max: 1, applicationName: 'parley migrate' });
    try {
      applied.push(...(await migrateSchema(sql, { dir: migrationsFolder(), services: [service], log })));
    } finally {
      await sql.close();
    }
  }
  return applied;
}
