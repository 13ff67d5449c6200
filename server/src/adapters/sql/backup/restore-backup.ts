import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { fail } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/log.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { createPostgres } from '../postgres/create-postgres.ts';
import { groupByUrl, openBackupClient, quote } from './backup-client.ts';
import { emptySchemas, refuseUnlessEmpty, refuseWhileServing } from './empty-schemas.ts';
import type { RecordOf } from './frames.ts';
import { type BackupContent, readBackup } from './read-backup.ts';

export interface RestoreTarget {
  /** Service → URL of the database that shall hold its schema; need not be divided as it was. */
  readonly databases: Readonly<Record<string, string>>;
  readonly blobsFolder?: string | undefined;
  readonly migrationsFolder: string;
  readonly log: Log;
  /** Empty the schemas first. Without it only an empty target is accepted. */
  readonly force?: boolean;
  readonly onProgress?: (line: string) => void;
}

/**
 * Brings a backup back. The whole file is checked before anything is changed; then the schemas are made as the backup knew them, filled in one
 * transaction per database, and brought to this version. The result is a new incarnation (MESSAGE-PATH rules 9 and 28): clients
 * and consumers begin anew. Throws `request.invalid` for a file that is not whole, `conversation.conflict` for a target in use.
 */
export async function restoreBackup(file: string, target: RestoreTarget): Promise<BackupContent> {
  const content = await readBackup(file);
  checkMigrations(content.header, target);
  const groups = [...groupByUrl(target.databases)];
  const clients = new Map<string, pg.Client>();
  try {
    for (const [url, services] of groups) {
      const client = await openBackupClient(url);
      for (const service of services) clients.set(service, client);
      await refuseWhileServing(client);
      if (!target.force) await refuseUnlessEmpty(client, services);
    }
    for (const [, services] of groups) await emptySchemas(clientOf(clients, services[0] ?? ''), services);
    const known = new Set(content.header.migrations.map(({ service, name }) => `${service}/${name}`));
    for (const [url, services] of groups) await bringSchema(url, services, target, (migration) => known.has(migration));
    await fill(file, content, clients, target);
    for (const [url, services] of groups) await bringSchema(url, services, target);
  } finally {
    for (const client of new Set(clients.values())) await client.end();
  }
  return content;
}

/** Every service of the file must have a place, and every migration of the file must be one of ours. */
function checkMigrations({ migrations, parley }: RecordOf<'header'>, target: RestoreTarget): void {
  const ours = new Map(
    Object.keys(target.databases)
      .flatMap((service) => readMigrations(target.migrationsFolder, service))
      .map(({ service, name, hash }) => [`${service}/${name}`, hash]),
  );
  for (const { service, name, hash } of migrations) {
    if (!(service in target.databases))
      throw fail('request.invalid', `The backup holds ${service}: name a database for it.`);
    if (ours.get(`${service}/${name}`) !== hash) {
      throw fail(
        'request.invalid',
        `The backup was made by Parley ${parley}, which is not older than this one. Restore it with that.`,
      );
    }
  }
}

async function bringSchema(
  url: string,
  services: readonly string[],
  target: RestoreTarget,
  only?: (migration: string) => boolean,
): Promise<void> {
  const sql = createPostgres({ url, max: 1, applicationName: 'parley restore' });
  try {
    await migrate(sql, { dir: target.migrationsFolder, services, log: target.log, ...(only && { only }) });
  } finally {
    await sql.close();
  }
}

async function fill(
  file: string,
  { manifest }: BackupContent,
  clients: ReadonlyMap<string, pg.Client>,
  target: RestoreTarget,
): Promise<void> {
  const all = new Set(clients.values());
  for (const client of all) await client.query('begin');
  await readBackup(file, {
    async onTable({ schema, table, columns }, bytes) {
      const client = clientOf(clients, schema);
      // a migration may have put rows in
      await client.query(`truncate ${quote(schema, table)}`);
      const copy = client.query(
        copyFrom(`copy ${quote(schema, table)} (${columns.map((c) => quote(c)).join(', ')}) from stdin`),
      );
      await pipeline(Readable.from(bytes, { objectMode: false }), copy);
      target.onProgress?.(`${schema}.${table}: ${copy.rowCount} rows`);
      return copy.rowCount;
    },
    onBlob: ({ key }, bytes) => storeBlob(target.blobsFolder, key, bytes),
  });
  for (const { schema, sequence, value, called } of manifest.sequences) {
    await clientOf(clients, schema).query('select setval($1::regclass, $2::bigint, $3)', [
      quote(schema, sequence),
      value,
      called,
    ]);
  }
  if (clients.has('chat')) {
    await clientOf(clients, 'chat').query('update chat.incarnation set restore = $1', [randomBytes(8).toString('hex')]);
  }
  for (const client of all) await client.query('commit');
  for (const client of all) await client.query('analyze');
}

/** Before the rows that name it are committed, and whole or not at all. */
async function storeBlob(folder: string | undefined, key: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  if (folder === undefined)
    throw fail('request.invalid', 'The backup holds attachments: name a --data folder for them.');
  const incoming = path.join(folder, '.incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const temporary = path.join(incoming, randomBytes(16).toString('hex'));
  await pipeline(
    Readable.from(bytes, { objectMode: false }),
    createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }),
  );
  await rename(temporary, path.join(folder, key));
}

function clientOf(clients: ReadonlyMap<string, pg.Client>, service: string): pg.Client {
  const client = clients.get(service);
  if (!client) throw fail('request.invalid', `The backup holds ${service}: name a database for it.`);
  return client;
}
