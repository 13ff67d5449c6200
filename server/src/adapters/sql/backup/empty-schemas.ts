import type pg from 'pg';
import { fail } from '../../../kernel/errors.ts';
import { quote } from './backup-client.ts';

/** Rows that migrations put in or that a first start draws do not make a database used; people and messages do. */
const telling: Readonly<Record<string, string>> = {
  identity: 'identity.accounts',
  people: 'people.profiles',
  chat: 'chat.conversations',
};

/** Throws `conversation.conflict` when one of the schemas holds anybody's data. */
export async function refuseUnlessEmpty(client: pg.Client, services: readonly string[]): Promise<void> {
  for (const service of services) {
    const table = telling[service];
    const exists = table && (await client.query('select to_regclass($1) is not null as yes', [table])).rows[0]?.yes;
    if (!exists) continue;
    const used = (await client.query(`select exists (select from ${table}) as yes`)).rows[0]?.yes;
    if (used) {
      throw fail(
        'conversation.conflict',
        `The database already holds data (${table}). Restore into an empty one, or give --force to replace what is there.`,
      );
    }
  }
}

/** Drops the schemas with their publications and slots. */
export async function emptySchemas(client: pg.Client, services: readonly string[]): Promise<void> {
  await client.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
     where database = current_database() and slot_name like 'parley%'`,
  );
  const publications = await client.query<{ name: string }>(
    'select distinct pubname::text as name from pg_publication_tables where schemaname = any($1)',
    [services],
  );
  for (const { name } of publications.rows) await client.query(`drop publication ${quote(name)}`);
  for (const service of services) await client.query(`drop schema if exists ${quote(service)} cascade`);
  const migrations = await client.query(`select to_regclass('public.parley_migrations') is not null as yes`);
  if (migrations.rows[0]?.yes) {
    await client.query('delete from public.parley_migrations where service = any($1)', [services]);
  }
}

/** A connected Parley would go on writing: `conversation.conflict`. */
export async function refuseWhileServing(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '^parley' limit 1`,
  );
  if (rows[0])
    throw fail('conversation.conflict', `A Parley process is connected (${rows[0].name}): stop it before restoring.`);
}
