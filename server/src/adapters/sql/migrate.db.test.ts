import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test-support/database.ts';
import { silentLog } from '../../kernel/log.ts';
import { migrate, migrationsFolder, pendingMigrations } from './migrate.ts';
import { createPostgres } from './postgres/create-postgres.ts';

let db: TestDatabase;
let dir: string;
beforeEach(async () => {
  db = await openTestDatabase([]);
  dir = mkdtempSync(path.join(tmpdir(), 'parley-migrations-'));
  mkdirSync(path.join(dir, 'shop'));
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true });
});

const file = (name: string, text: string) => writeFileSync(path.join(dir, 'shop', name), text);
const run = () => migrate(db.sql, { dir, services: ['shop'], log: silentLog });
const pending = () => pendingMigrations(db.sql, { dir, services: ['shop'] });

it('finds the migrations of the program', async () => {
  const names = await pendingMigrations(db.sql, { dir: migrationsFolder(), services: ['chat'] });
  expect(names[0]).toMatch(/^chat\/0001-/);
});

it('applies files in order, once, and says what is pending', async () => {
  file('0001-first.sql', 'create table shop.a (n int)');
  file('0002-second.sql', 'alter table shop.a add column m int; insert into shop.a values (1, 2)');
  expect(await pending()).toEqual(['shop/0001-first', 'shop/0002-second']);
  expect(await run()).toEqual(['shop/0001-first', 'shop/0002-second']);
  expect(await pending()).toEqual([]);
  file('0003-third.sql', 'insert into shop.a values (3, 4)');
  expect(await run()).toEqual(['shop/0003-third']);
  expect(await db.sql.query('select count(*) as n from shop.a')).toEqual([{ n: 2 }]);
});

it('leaves nothing of a file that fails, and names it', async () => {
  file('0001-broken.sql', 'create table shop.a (n int); select 1/0');
  await expect(run()).rejects.toThrow('shop/0001-broken failed: division by zero');
  expect(await db.sql.query(`select to_regclass('shop.a') as t`)).toEqual([{ t: null }]);
  file('0001-broken.sql', 'create table shop.a (n int)');
  expect(await run()).toEqual(['shop/0001-broken']);
});

it('builds an index concurrently when the file says so', async () => {
  file('0001-first.sql', 'create table shop.a (n int)');
  file('0002-index.sql', '-- no transaction\ncreate index concurrently if not exists a_n on shop.a (n)');
  expect(await run()).toHaveLength(2);
});

it('two at once apply each file once', async () => {
  file('0001-first.sql', 'create table shop.a (n int); select pg_sleep(0.3); insert into shop.a values (1)');
  file('0002-index.sql', '-- no transaction\ncreate index concurrently a_n on shop.a (n)');
  const other = createPostgres({ url: db.url });
  const both = await Promise.all([run(), migrate(other, { dir, services: ['shop'], log: silentLog })]);
  await other.close();
  expect(both.map((applied) => applied.length).sort()).toEqual([0, 2]);
  expect(await db.sql.query('select n from shop.a')).toEqual([{ n: 1 }]);
});

it('refuses an applied file that changed', async () => {
  file('0001-first.sql', 'create table shop.a (n int)');
  await run();
  file('0001-first.sql', 'create table shop.b (n int)');
  await expect(run()).rejects.toThrow('shop/0001-first was applied with another content');
  await expect(pending()).rejects.toThrow('another content');
});

it('an old program accepts a newer schema', async () => {
  file('0001-first.sql', 'create table shop.a (n int)');
  file('0002-newer.sql', 'create table shop.b (n int)');
  await run();
  rmSync(path.join(dir, 'shop', '0002-newer.sql'));
  expect(await pending()).toEqual([]);
  expect(await run()).toEqual([]);
});

it('gives up on a table that somebody holds, instead of making everybody wait', async () => {
  file('0001-first.sql', 'create table shop.a (n int)');
  await run();
  file('0002-second.sql', 'alter table shop.a add column m int');
  const holder = await db.sql.session();
  await holder.query('begin');
  await holder.query('lock table shop.a in access share mode');
  await expect(run()).rejects.toMatchObject({ sqlState: '55P03' });
  holder.release(true);
  expect(await run()).toEqual(['shop/0002-second']);
});

it('refuses a file with a name that has no order', async () => {
  file('first.sql', 'select 1');
  await expect(run()).rejects.toThrow('NNNN-name.sql');
});
