import { readdirSync } from 'node:fs';
import { inject } from 'vitest';
import { migrate, migrationsFolder } from '../src/adapters/sql/migrate.ts';
import { createPostgres } from '../src/adapters/sql/postgres/create-postgres.ts';
import { silentLog } from '../src/kernel/log.ts';
import type { Sql } from '../src/ports/sql.ts';
import type {} from './keep-database-server.ts'; // what it provides
import { startDatabaseServer } from './start-database-server.ts';

export interface TestDatabase {
  readonly sql: Sql;
  readonly url: string;
  close(): Promise<void>;
}

/** A PostgreSQL, and what this process has made there. */
interface Server {
  readonly admin: Sql;
  /** Names of migrated databases to copy, by the services they are for: a copy takes a tenth of the time of the migrations. */
  readonly templates: Map<string, Promise<string>>;
}

let shared: Promise<Server> | undefined;
let serial = 0;

const nextName = (kind: string): string => `${kind}_${process.pid}_${++serial}`;

/**
 * A fresh database with the migrations of the named services, on the PostgreSQL of this run; without one, on a PostgreSQL that
 * this process shares and that ends with it. `close` drops the database.
 */
export async function openTestDatabase(
  /** Those that keep data, unless some will do. */
  services: readonly string[] = readdirSync(migrationsFolder()),
): Promise<TestDatabase> {
  shared ??= connect(inject('databaseServer'));
  return openOn(await shared, services);
}

/**
 * Opens databases on a PostgreSQL of the test's own, empty ones unless services are named: for tests that change its settings. It
 * ends with this process.
 */
export async function ownDatabaseServer(): Promise<(services?: readonly string[]) => Promise<TestDatabase>> {
  const server = await connect(undefined);
  return (services = []) => openOn(server, services);
}

async function connect(url: string | undefined): Promise<Server> {
  const postgres = url ?? (await startDatabaseServer()).url;
  return { admin: createPostgres({ url: postgres, max: 2 }), templates: new Map() };
}

async function openOn({ admin, templates }: Server, services: readonly string[]): Promise<TestDatabase> {
  const key = services.join();
  if (services.length > 0 && !templates.has(key)) templates.set(key, createTemplate(admin, services));
  const template = (await templates.get(key)) ?? 'template1';
  const name = nextName('test');
  await admin.query(`create database ${name} template ${template}`);
  const url = urlOf(admin, name);
  const sql = createPostgres({ url, max: 20, applicationName: name });
  return {
    sql,
    url,
    async close() {
      // not awaited: a test that failed may hold a session for ever, and its end must not hide why
      void sql.close();
      // slots are not part of a database's end, and a replication connection keeps it from being dropped
      await admin.query(
        'select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where database = $1 and active_pid is not null',
        [name],
      );
      await admin.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1', [
        name,
      ]);
      await admin.query(`drop database ${name} with (force)`);
    },
  };
}

async function createTemplate(admin: Sql, services: readonly string[]): Promise<string> {
  const name = nextName('template');
  await admin.query(`create database ${name}`);
  const sql = createPostgres({ url: urlOf(admin, name), max: 1 });
  try {
    await migrate(sql, { dir: migrationsFolder(), services, log: silentLog });
  } finally {
    // who is connected keeps it from being copied
    await sql.close();
  }
  return name;
}

const urlOf = (admin: Sql, database: string): string => admin.url.replace(/\/postgres$/, `/${database}`);
