import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { groupByUrl, openBackupClient, quote } from './backup-client.ts';
import { encodeData, encodeRecord, type RecordOf } from './frames.ts';

export interface BackupSource {
  /** Service → URL of the database that holds its schema. */
  readonly databases: Readonly<Record<string, string>>;
  /** Attachments; absent or missing: none. */
  readonly blobsFolder?: string | undefined;
  /** Of the program. */
  readonly version: string;
  /** Told after each table, and after all attachments; awaited. */
  readonly onProgress?: (line: string) => unknown;
}

interface Table {
  readonly schema: string;
  readonly table: string;
  readonly columns: string[];
}

/** How far consumers have come means nothing in another database. */
const notKept = ['consumer_positions', 'projection_positions'];

/**
 * Everything as one stream. Each database is read in one snapshot (repeatable read), so it is what one moment saw, while sending goes
 * on; databases of different URLs are each of their own moment.
 */
export async function writeBackup(source: BackupSource, out: Writable): Promise<void> {
  const clients: pg.Client[] = [];
  try {
    const groups: [pg.Client, string[]][] = [];
    for (const [url, services] of groupByUrl(source.databases)) {
      const client = await openBackupClient(url);
      clients.push(client);
      await client.query('begin isolation level repeatable read read only');
      // the snapshot is taken by the first query, so all are taken before any long copy
      await client.query('select 1');
      groups.push([client, services]);
    }
    await pipeline(Readable.from(frames(source, groups)), createGzip(), out);
  } finally {
    for (const client of clients) await client.end();
  }
}

async function* frames(source: BackupSource, groups: readonly [pg.Client, string[]][]): AsyncGenerator<Buffer> {
  const total = createHash('sha256');
  let items = 0;
  const sequences: RecordOf<'manifest'>['sequences'] = [];
  const migrations: RecordOf<'header'>['migrations'] = [];
  for (const [client, services] of groups) migrations.push(...(await listMigrations(client, services)));
  yield encodeRecord({ is: 'header', format: 1, parley: source.version, at: new Date().toISOString(), migrations });

  async function* item(bytes: AsyncIterable<Buffer>, rows: () => number): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of bytes) {
      hash.update(chunk);
      size += chunk.length;
      yield encodeData(chunk);
    }
    const sha256 = hash.digest('hex');
    total.update(sha256);
    items += 1;
    yield encodeRecord({ is: 'end', rows: rows(), bytes: size, sha256 });
  }

  for (const [client, services] of groups) {
    for (const { schema, table, columns } of await listTables(client, services)) {
      yield encodeRecord({ is: 'table', schema, table, columns });
      const copy = client.query(
        copyTo(`copy ${quote(schema, table)} (${columns.map((c) => quote(c)).join(', ')}) to stdout`),
      );
      yield* item(copy, () => copy.rowCount);
      await source.onProgress?.(`${schema}.${table}: ${copy.rowCount} rows`);
    }
    sequences.push(...(await listSequences(client, services)));
  }
  const keys = await listBlobs(source.blobsFolder);
  for (const key of keys) {
    const file = await openBlob(path.join(source.blobsFolder ?? '', key));
    if (!file) continue;
    yield encodeRecord({ is: 'blob', key });
    yield* item(file.createReadStream(), () => 0);
  }
  if (keys.length > 0) await source.onProgress?.(`attachments: ${keys.length}`);
  yield encodeRecord({ is: 'manifest', items, sha256: total.digest('hex'), sequences });
}

async function listMigrations(client: pg.Client, services: readonly string[]) {
  const { rows } = await client.query<{ service: string; name: string; hash: string }>(
    'select service, name, hash from public.parley_migrations where service = any($1) order by service, name',
    [services],
  );
  return rows;
}

async function listTables(client: pg.Client, services: readonly string[]): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select n.nspname::text as schema, c.relname::text as table, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relkind = 'r' and n.nspname = any($1) and c.relname <> all ($2)
     group by 1, 2 order by 1, 2`,
    [services, notKept],
  );
  return rows;
}

async function listSequences(client: pg.Client, services: readonly string[]) {
  const { rows } = await client.query<{ schema: string; sequence: string }>(
    'select schemaname::text as schema, sequencename::text as sequence from pg_sequences where schemaname = any($1) order by 1, 2',
    [services],
  );
  const found: RecordOf<'manifest'>['sequences'] = [];
  for (const { schema, sequence } of rows) {
    const state = await client.query(
      `select last_value::text as value, is_called as called from ${quote(schema, sequence)}`,
    );
    found.push({ schema, sequence, ...state.rows[0] });
  }
  return found;
}

/** null: nothing showed it any more, and it was removed since the files were listed. */
async function openBlob(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Listed after the snapshot: an attachment is found only once its bytes are there, so every one of the snapshot has its file, but for
 * those that nothing shows any more since.
 */
async function listBlobs(folder: string | undefined): Promise<string[]> {
  if (folder === undefined) return [];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^[a-z0-9-]{1,64}$/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
