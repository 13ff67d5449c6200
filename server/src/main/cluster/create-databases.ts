import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { type StoringService, storingServices } from '../all-services.ts';
import type { Options } from '../options.ts';

/**
 * A database for each service: the ones given, or `<name>_identity` … beside the one of `--database-url`, created where they
 * are missing.
 */
export async function createDatabases(options: Options): Promise<Record<StoringService, string>> {
  const base = options['database-url'];
  const urls: Partial<Record<StoringService, string>> = {};
  for (const service of storingServices) {
    const given = options[`${service}-database-url`];
    if (given) urls[service] = given;
    else if (base) urls[service] = await createDatabase(base, service);
    else throw new Error('parley cluster needs --database-url, or a database URL for each service');
  }
  return urls as Record<StoringService, string>;
}

async function createDatabase(base: string, service: StoringService): Promise<string> {
  const url = new URL(base);
  const name = `${url.pathname.slice(1) || 'parley'}_${service}`;
  url.pathname = '/postgres';
  const sql = createPostgres({ url: url.href, max: 1, applicationName: 'parley-cluster' });
  try {
    const [row] = await sql.query('select 1 from pg_database where datname = $1', [name]);
    if (!row) await sql.query(`create database "${name.replaceAll('"', '""')}"`);
  } finally {
    await sql.close();
  }
  url.pathname = `/${name}`;
  return url.href;
}
