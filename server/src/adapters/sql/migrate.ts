import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fail } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { type Sql, SqlError, type SqlSession } from '../../ports/sql.ts';

export interface MigrateOptions {
  /** The folder that holds one folder of `NNNN-name.sql` per service. */
  readonly dir: string;
  readonly services: readonly string[];
  readonly log: Log;
  /** Of the pending ones only those, by `service/name`: a restore goes to the state of its backup first. */
  readonly only?: (migration: string) => boolean;
}

export interface Migration {
  readonly service: string;
  readonly name: string;
  readonly text: string;
  readonly hash: string;
}

/** server/migrations, seen from src as from dist. */
export function migrationsFolder(): string {
  return fileURLToPath(new URL('../../../migrations', import.meta.url));
}

/**
 * Brings the schemas of the services up to date (MESSAGE-PATH rule 30): one transaction per file, or none for a file that
 * begins with `-- no transaction` (indexes built concurrently; such a file holds one statement that may be run twice).
 * Two at once are safe: the second waits. Waiting for a table's lock ends after 2 s with SQLSTATE 55P03, because whoever
 * waits for one makes everybody else wait; run it again. Returns the files applied, as `service/name`.
 */
export async function migrate(sql: Sql, o: MigrateOptions): Promise<readonly string[]> {
  const session = await sql.session();
  try {
    // a concurrent index build waits for every older snapshot, a blocked lock request included: so ask, do not wait
    while (!(await isLocked(session))) await pause(100);
    await session.query(
      `create table if not exists public.parley_migrations (
         service text, name text, hash text not null, applied_at timestamptz(3) not null default now(),
         primary key (service, name))`,
    );
    await session.query(`set lock_timeout = '2s'`);
    const pending = (await findPending(session, o)).filter(
      ({ service, name }) => o.only?.(`${service}/${name}`) ?? true,
    );
    for (const migration of pending) {
      await apply(session, migration);
      o.log.info({ service: migration.service, migration: migration.name }, 'migration applied');
    }
    return pending.map(({ service, name }) => `${service}/${name}`);
  } finally {
    // the lock and the settings end with the connection
    session.release(true);
  }
}

/** What `migrate` would apply. A server on a database it does not own refuses to start unless this is empty. */
export async function pendingMigrations(sql: Sql, o: Omit<MigrateOptions, 'log'>): Promise<readonly string[]> {
  const session = await sql.session();
  try {
    return (await findPending(session, o)).map(({ service, name }) => `${service}/${name}`);
  } finally {
    session.release();
  }
}

const lockKey = '7236834982104751';

async function isLocked(session: SqlSession): Promise<boolean> {
  const [row] = await session.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockKey}) as locked`);
  return row?.locked ?? false;
}

/** Files that were not applied yet, in order. What was applied and is not among our files comes from a newer program: fine. */
async function findPending(session: SqlSession, o: Omit<MigrateOptions, 'log'>): Promise<Migration[]> {
  const applied = await appliedHashes(session);
  return o.services
    .flatMap((service) => readMigrations(o.dir, service))
    .filter(({ service, name, hash }) => {
      const known = applied.get(`${service}/${name}`);
      if (known !== undefined && known !== hash) {
        throw fail(
          'internal',
          `The migration ${service}/${name} was applied with another content. An applied file never changes: add a new one.`,
        );
      }
      return known === undefined;
    });
}

async function appliedHashes(session: SqlSession): Promise<ReadonlyMap<string, string>> {
  try {
    const rows = await session.query<{ service: string; name: string; hash: string }>(
      'select service, name, hash from public.parley_migrations',
    );
    return new Map(rows.map((row) => [`${row.service}/${row.name}`, row.hash]));
  } catch (error) {
    if (error instanceof SqlError && error.sqlState === '42P01') return new Map();
    throw error;
  }
}

/** The files of a service, in order. */
export function readMigrations(dir: string, service: string): Migration[] {
  return filesOf(path.join(dir, service)).map((file) => {
    if (!/^\d{4}-[a-z0-9-]+\.sql$/.test(file))
      throw fail('internal', `A migration is named NNNN-name.sql, not ${service}/${file}.`);
    const text = readFileSync(path.join(dir, service, file), 'utf8');
    return { service, name: file.slice(0, -4), text, hash: createHash('sha256').update(text).digest('hex') };
  });
}

function filesOf(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((file) => file.endsWith('.sql'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function apply(session: SqlSession, migration: Migration): Promise<void> {
  const atOnce = !migration.text.startsWith('-- no transaction');
  try {
    await session.query(`create schema if not exists "${migration.service}"`);
    if (atOnce) await session.query('begin');
    await session.query(migration.text);
    await session.query('insert into public.parley_migrations (service, name, hash) values ($1, $2, $3)', [
      migration.service,
      migration.name,
      migration.hash,
    ]);
    if (atOnce) await session.query('commit');
  } catch (cause) {
    if (!(cause instanceof SqlError)) throw cause;
    const place = `${migration.service}/${migration.name}`;
    throw new SqlError(`The migration ${place} failed: ${cause.message}`, { ...cause, cause });
  }
}
