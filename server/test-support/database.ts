import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locateBinaries } from '../src/adapters/sql/embedded/locate-binaries.ts';
import { postgresUser } from '../src/adapters/sql/embedded/postgres-user.ts';
import { migrate, migrationsFolder } from '../src/adapters/sql/migrate.ts';
import { createPostgres } from '../src/adapters/sql/postgres/create-postgres.ts';
import { silentLog } from '../src/kernel/log.ts';
import type { Sql } from '../src/ports/sql.ts';
import { freePort } from './free-port.ts';

export interface TestDatabase {
  readonly sql: Sql;
  readonly url: string;
  close(): Promise<void>;
}

let server: Promise<Sql> | undefined;
let serial = 0;

/**
 * A fresh database with the migrations of the named services, on a PostgreSQL that this process shares and that ends with it.
 * `close` drops the database.
 */
export async function openTestDatabase(
  /** Those that keep data, unless some will do. */
  services: readonly string[] = readdirSync(migrationsFolder()),
): Promise<TestDatabase> {
  server ??= startServer();
  const admin = await server;
  serial += 1;
  const name = `test_${serial}`;
  await admin.query(`create database ${name}`);
  const url = admin.url.replace(/\/postgres$/, `/${name}`);
  const sql = createPostgres({ url, max: 20, applicationName: name });
  await migrate(sql, { dir: migrationsFolder(), services, log: silentLog });
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

/** The shell outlives us by a moment: its standard input ends with this process, however that dies. */
const script = `
"$1" -D "$2" -U postgres -A trust -E UTF8 --lc-ctype=C.UTF-8 --locale=C --no-sync >/dev/null 2>&1 || { echo initdb failed; exit 1; }
exec 3<&0
"$0" -D "$2" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=logical -c fsync=off \\
  -c autovacuum=off -c max_connections=200 -c max_replication_slots=50 -c max_wal_senders=50 -c shared_buffers=64MB 2>&1 </dev/null 3<&- &
cat <&3 >/dev/null
kill -QUIT $!
wait
rm -rf "$4"
`;

async function startServer(): Promise<Sql> {
  const user = postgresUser();
  const binaries = locateBinaries(user);
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-test-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const port = await freePort();
  const child = spawn(
    '/bin/sh',
    ['-c', script, binaries.postgres, binaries.initdb, path.join(folder, 'data'), String(port), folder],
    // its own process group: Ctrl-C goes to us, and it cleans up after us
    { ...user, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'], detached: true },
  );
  await new Promise<void>((resolve, reject) => {
    let log = '';
    child.stdout.on('data', (text) => {
      log = (log + text).slice(-10_000);
      if (log.includes('ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`The test database did not start:\n${log}`)));
  });
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  (child.stdout as unknown as { unref(): void }).unref();
  return createPostgres({ url: `postgres://postgres@127.0.0.1:${port}/postgres`, max: 2 });
}
