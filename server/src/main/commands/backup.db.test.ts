import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { silentLog } from '../../kernel/log.ts';
import type { Sql } from '../../ports/sql.ts';
import { storingServices as services } from '../all-services.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';

const conversation = '0199a0b0-0000-7000-8000-00000000000c';
const ann = '0199a0b0-0000-7000-8000-00000000000a';
const bob = '0199a0b0-0000-7000-8000-00000000000b';
const content = '{"type":"text","text":"tab\\t \\\\N \\u00e9 \\"quoted\\" 漢字 😀"}';

let from: TestDatabase;
let to: TestDatabase;
let folder: string;
let file: string;

beforeAll(async () => {
  from = await openTestDatabase();
  await from.sql.query(
    `insert into chat.conversations values ($1, 'group', E'line\\nbreak', null, 'private', 'all', 'nonce', $2, now(), now(), 1, null, null, null)`,
    [conversation, ann],
  );
  await from.sql.query(
    `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, mentions, created_at)
     select $1, n, n, 'm' || n, $2, $3, $4, case when n % 2 = 0 then $5::uuid[] end, '2026-01-02T03:04:05.678Z'
     from generate_series(1, 5000) n`,
    [conversation, ann, content, Buffer.from([0, 92, 255, 10]), [ann, bob]],
  );
  await from.sql.query(
    `insert into chat.search values ($1, 1, $2, now(), to_tsvector('simple', 'it''s a ''word'' \\ 漢字'))`,
    [conversation, ann],
  );
  await from.sql.query(`insert into chat.projection_positions values ('search', 'x', 'y', 12345678901234567890, 1)`);
});
afterAll(() => from.close());

beforeEach(async () => {
  to = await openTestDatabase([]);
  folder = mkdtempSync(path.join(tmpdir(), 'parley-backup-'));
  file = path.join(folder, 'all.backup');
  mkdirSync(path.join(folder, 'blobs', '.incoming'), { recursive: true });
  writeFileSync(path.join(folder, 'blobs', 'a-blob'), Buffer.from([0, 1, 2, 255]));
  writeFileSync(path.join(folder, 'blobs', 'empty'), '');
  writeFileSync(path.join(folder, 'blobs', '.incoming', 'half'), 'half');
});
afterEach(async () => {
  await to.close();
  rmSync(folder, { recursive: true });
});

const all = (url: string) => Object.fromEntries(services.map((service) => [service, url]));
const write = () =>
  backup(file, { databases: all(from.url), blobsFolder: path.join(folder, 'blobs'), version: '1.2.3' });
const bring = (more: { force?: boolean; databases?: Record<string, string> } = {}) =>
  restore(file, { databases: all(to.url), blobsFolder: path.join(folder, 'restored'), log: silentLog, ...more });

const everything = (sql: Sql) =>
  Promise.all([
    sql.query('select * from chat.conversations order by id'),
    sql.query('select * from chat.messages order by seq'),
    sql.query('select * from chat.search'),
    sql.query('select * from identity.accounts'),
  ]);

it('brings everything back, as a new incarnation and without the positions of consumers', async () => {
  await write();
  await bring();
  expect(await everything(to.sql)).toEqual(await everything(from.sql));
  expect(await to.sql.query('select content, hash, mentions from chat.messages where seq = 2')).toEqual([
    { content, hash: Buffer.from([0, 92, 255, 10]), mentions: [ann, bob] },
  ]);
  expect(await from.sql.query('select restore from chat.incarnation')).toEqual([{ restore: '0' }]);
  expect(await to.sql.query('select restore from chat.incarnation')).toEqual([
    { restore: expect.stringMatching(/^[0-9a-f]{16}$/) },
  ]);
  expect(await to.sql.query('select * from chat.projection_positions')).toEqual([]);
  expect(await to.sql.query('select pubname from pg_publication where pubname = $1', ['parley_chat'])).toHaveLength(1);
  const blobs = path.join(folder, 'restored');
  expect(readdirSync(blobs).sort()).toEqual(['.incoming', 'a-blob', 'empty']);
  expect(readFileSync(path.join(blobs, 'a-blob'))).toEqual(Buffer.from([0, 1, 2, 255]));
  expect(readdirSync(folder)).not.toContainEqual(expect.stringContaining('.part-'));
});

it('is what one moment saw while writing goes on', async () => {
  await backup(file, {
    databases: all(from.url),
    version: '1.2.3',
    async onProgress(line) {
      if (!line.startsWith('chat.conversations')) return;
      await from.sql.query('update chat.messages set pinned = true where seq = 1');
    },
  });
  await from.sql.query('update chat.messages set pinned = false where seq = 1');
  await bring();
  expect(await to.sql.query('select count(*) as n, bool_or(pinned) as pinned from chat.messages')).toEqual([
    { n: 5000, pinned: false },
  ]);
});

it('divides the services over several databases', async () => {
  const chat = await openTestDatabase([]);
  await write();
  await bring({ databases: { ...all(to.url), chat: chat.url } });
  expect(await chat.sql.query('select count(*) as n from chat.messages')).toEqual([{ n: 5000 }]);
  expect(
    await to.sql.query(`select to_regclass('chat.messages') as t, to_regclass('identity.accounts') is null as i`),
  ).toEqual([{ t: null, i: false }]);
  await chat.close();
});

it('refuses a target that holds data, unless it may replace it', async () => {
  await write();
  await bring();
  await to.sql.query('delete from chat.messages where seq > 10');
  await to.sql.query('alter table chat.messages add column newer int');
  await expect(bring()).rejects.toMatchObject({
    code: 'conversation.conflict',
    message: expect.stringContaining('--force'),
  });
  await bring({ force: true });
  expect(await everything(to.sql)).toEqual(await everything(from.sql));
});

it('refuses while a Parley process is connected', async () => {
  await write();
  const { createPostgres } = await import('../../adapters/sql/postgres/create-postgres.ts');
  const serving = createPostgres({ url: to.url, applicationName: 'parley-chat' });
  await serving.query('select 1');
  await expect(bring({ force: true })).rejects.toThrow('(parley-chat): stop it');
  await serving.close();
});

it('refuses a backup of a newer program', async () => {
  await from.sql.query(`insert into public.parley_migrations values ('chat', '9999-newer', repeat('0', 64))`);
  await write();
  await from.sql.query(`delete from public.parley_migrations where name = '9999-newer'`);
  await expect(bring()).rejects.toThrow('made by Parley 1.2.3, which is not older');
});

it('leaves the earlier file alone when it fails', async () => {
  writeFileSync(file, 'earlier');
  await expect(backup(file, { databases: all('postgres://x@127.0.0.1:1/none'), version: '1' })).rejects.toThrow();
  expect(readdirSync(folder).sort()).toEqual(['all.backup', 'blobs']);
  expect(readFileSync(file, 'utf8')).toBe('earlier');
});

describe('a damaged file is refused before anything changes', () => {
  const damages: [string, (whole: Buffer) => Buffer][] = [
    ['empty', () => Buffer.alloc(0)],
    ['other', () => Buffer.from('PGDMP or whatever')],
    ['cut in the middle', (whole) => whole.subarray(0, whole.length / 2)],
    ['cut at the end', (whole) => whole.subarray(0, -1)],
    ['one bit', (whole) => whole.map((byte, i) => (i === Math.floor(whole.length / 2) ? byte ^ 1 : byte)) as Buffer],
    ['continued', (whole) => Buffer.concat([whole, whole])],
  ];
  it.each(damages)('%s', async (_, damage) => {
    await write();
    writeFileSync(file, damage(readFileSync(file)));
    await expect(bring({ force: true })).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('Nothing was changed'),
    });
    expect(await to.sql.query(`select to_regclass('chat.messages') as t`)).toEqual([{ t: null }]);
    expect(readdirSync(folder)).not.toContain('restored');
  });
});
