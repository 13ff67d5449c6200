import pg from 'pg';

/** A plain connection: COPY cannot share one with pipelined statements. Settings make the text of values exact. */
export async function openBackupClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `parley backup ${process.pid}`,
    keepAlive: true,
  });
  client.on('error', () => {});
  await client.connect();
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO'; set statement_timeout = 0; set lock_timeout = 0`);
  return client;
}

export const quote = (...names: readonly string[]): string => names.map((one) => pg.escapeIdentifier(one)).join('.');

/** Services by the database that holds them: several may share one. */
export function groupByUrl(databases: Readonly<Record<string, string>>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [service, url] of Object.entries(databases)) groups.set(url, [...(groups.get(url) ?? []), service]);
  return groups;
}
