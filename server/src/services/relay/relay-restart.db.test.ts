import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryBus } from '../../adapters/bus/memory/create-memory-bus.ts';
import { createReplication } from '../../adapters/replication/pgoutput/create-replication.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/sql/embedded/start-embedded-postgres.ts';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import type { Sql } from '../../ports/sql.ts';
import { createRelay } from './module.ts';

// A server of its own: this test ends it, several times.
let folder: string;
let postgres: EmbeddedPostgres;
let sql: Sql;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-relay-'));
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), log: silentLog });
  sql = createPostgres({ url: postgres.url, max: 2, applicationName: 'relay-restart' });
  await sql.query('create schema chat');
  await sql.query('create table chat.notes (id bigint primary key)');
  await sql.query('create publication parley_chat for table chat.notes');
});

afterAll(async () => {
  await sql.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of the postmaster; 0 while there is none. */
function readPid(): number {
  try {
    return Number(readFileSync(path.join(postgres.dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
}

/** Until the server takes it. A repeat of one that was stored after all is no error. */
async function insert(id: number): Promise<void> {
  for (;;) {
    try {
      await sql.query('insert into chat.notes values ($1) on conflict do nothing', [id]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('follows PostgreSQL through restarts and crashes, and loses nothing', async () => {
  const bus = createMemoryBus({ log: silentLog });
  const seen = new Set<number>();
  const resets: string[] = [];
  let check = () => {};
  await bus.subscribe('test', ['parley.chat'], async (records) => {
    for (const { value } of records) seen.add((value.after as { id: number }).id);
    check();
  });
  const { unit } = createRelay({
    databases: [{ name: 'main', url: postgres.url, publications: ['parley_chat'] }],
    replication: createReplication(),
    bus,
    log: silentLog,
    metrics: noMetrics,
    clock: systemClock,
    config: { statusMs: 20, reconnectFirstMs: 10, reconnectMaxMs: 100 },
    onReset: (reason) => resets.push(reason),
  });
  await unit.start?.();
  let id = 0;
  // Fast shutdown waits until the relay has confirmed all there is; the others do not ask.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL', 'SIGINT'] as const) {
    for (let i = 0; i < 20; i++) await insert(++id);
    const before = readPid();
    process.kill(before, signal);
    for (let i = 0; i < 20; i++) await insert(++id);
    while ([before, 0].includes(readPid())) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise<void>((resolve) => {
    check = () => {
      if (seen.size === id) resolve();
    };
    check();
  });
  expect(seen.size).toBe(160);
  expect(resets).toEqual([]);
  await unit.stop?.();
  await bus.close();
});
