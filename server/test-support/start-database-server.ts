import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locateBinaries } from '../src/adapters/sql/embedded/locate-binaries.ts';
import { postgresUser } from '../src/adapters/sql/embedded/postgres-user.ts';
import { freePort } from './free-port.ts';

export interface DatabaseServer {
  /** Of its database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The shell outlives us by a moment: its standard input ends with this process, however that dies. */
const script = `
"$1" -D "$2" -U postgres -A trust -E UTF8 --lc-ctype=C.UTF-8 --locale=C --no-sync >/dev/null 2>&1 || { echo initdb failed; exit 1; }
exec 3<&0
"$0" -D "$2" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=logical -c fsync=off \\
  -c autovacuum=off -c max_connections=300 -c max_replication_slots=50 -c max_wal_senders=50 -c shared_buffers=64MB 2>&1 </dev/null 3<&- &
cat <&3 >/dev/null
kill -QUIT $!
wait
rm -rf "$4"
`;

/** Starts a PostgreSQL that is fast and forgets everything; it ends with this process, or by `stop`. */
export async function startDatabaseServer(): Promise<DatabaseServer> {
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
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = once(child, 'exit');
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
