import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestServer } from '@parley/tests/harness';

/** The embedded PostgreSQL of a measured server: its port and password are in its folder. */
export async function databaseUrl(server: TestServer): Promise<string> {
  const folder = path.join(server.data, 'postgres');
  const password = (await readFile(path.join(folder, 'parley.password'), 'utf8')).trim();
  const port = (await readFile(path.join(folder, 'postmaster.pid'), 'utf8')).split('\n')[3];
  return `postgres://parley:${password}@127.0.0.1:${port}/parley`;
}
