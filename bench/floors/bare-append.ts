import type { TestServer } from '@parley/tests/harness';
import pg from 'pg';
import { databaseUrl } from '../load/database.ts';

const seconds = 6;

/**
 * The floor of sending: rule 1 of the message path with nothing around it. On the server's own PostgreSQL, one connection, two
 * pipelined round trips per batch (lock the heads; insert through unnest, update the heads, commit) into a table shaped like
 * chat.messages with its primary key and idempotency key, analysed after a first 100,000 rows. Messages per second.
 */
export async function bareAppend(server: TestServer, batch: number): Promise<number> {
  const client = new pg.Client({ connectionString: await databaseUrl(server), pipeline: true });
  await client.connect();
  try {
    await client.query(`create schema bench; set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
      create table bench.heads (id uuid primary key, seq bigint, rev bigint) with (fillfactor = 50);
      create table bench.messages (like chat.messages including defaults);
      alter table bench.messages add primary key (conversation_id, seq), add unique (conversation_id, sender_id, id);
      insert into bench.heads select gen_random_uuid(), 0, 1 from generate_series(1, 32)`);
    const heads = (await client.query<{ id: string }>('select id from bench.heads')).rows.map((row) => row.id);
    const last = new Map(heads.map((id) => [id, 0]));
    let serial = 0;
    const run = async (): Promise<void> => {
      await Promise.all([
        client.query('begin'),
        client.query({
          name: 'lock',
          text: 'select * from bench.heads where id = any($1::uuid[]) order by id for no key update',
          values: [heads],
        }),
      ]);
      const rows = Array.from({ length: batch }, (_, i) => {
        const head = heads[i % heads.length]!;
        last.set(head, last.get(head)! + 1);
        return { head, seq: last.get(head)!, id: `m${serial++}` };
      });
      await Promise.all([
        client.query({
          name: 'insert',
          text: insertSql,
          values: [rows.map((r) => r.head), rows.map((r) => r.seq), rows.map((r) => r.id), rows.map(() => content)],
        }),
        client.query({
          name: 'heads',
          text: 'update bench.heads h set seq = d.seq, rev = d.seq from unnest($1::uuid[], $2::int8[]) d(id, seq) where h.id = d.id',
          values: [heads, heads.map((id) => last.get(id))],
        }),
        client.query('commit'),
      ]);
    };
    while (serial < 100_000) await run();
    await client.query('analyze bench.messages; analyze bench.heads');
    const [from, began] = [serial, performance.now()];
    while (performance.now() - began < seconds * 1_000) await run();
    return ((serial - from) / (performance.now() - began)) * 1_000;
  } finally {
    await client.end();
  }
}

const content = JSON.stringify({ type: 'text', text: 'x'.repeat(90) });
const insertSql = `insert into bench.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
  select head, seq, seq, id, head, content, '\\x0000000000000000000000000000000000000000000000000000000000000000', now()
  from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[]) d(head, seq, id, content)`;
