import { startServer } from '@parley/tests/harness';
import pg from 'pg';
import { databaseUrl } from '../load/database.ts';
import { quantile, sleep } from '../load/metrics.ts';
import { benchFlags, call, createAccounts, createGroup, type LoadAccount, signUpAdmin } from '../load/people.ts';
import type { Figure, Measure } from './measure.ts';

/** Each kind of word, how often it occurs. */
const words = { common: 0.3, medium: 0.01, rare: 0.0001, early: 0.2, absent: 0 };
const queries = [...Object.keys(words), 'common medium'];
const repetitions = 300;

/** Conversations of strangers, and messages in each. */
const strangers = { conversations: 2_000, messages: 500 };
const readers = [
  { what: 'one conversation of 1,000', conversations: 1, messages: 1_000 },
  { what: '20 conversations of 500', conversations: 20, messages: 500 },
  { what: '90 conversations of 1,000', conversations: 90, messages: 1_000 },
  { what: 'one conversation of 100,000', conversations: 1, messages: 100_000 },
];

/** A conversation that is not there. */
const nowhere = crypto.randomUUID();

interface Reader {
  readonly what: string;
  readonly account: LoadAccount;
  readonly conversations: readonly string[];
}

/** Searches of people beside strangers who say the same words. */
export const search: Measure = {
  name: 'search',
  help: `words of all kinds beside ${(strangers.conversations * strangers.messages).toLocaleString('en')} messages of strangers`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const client = new pg.Client({ connectionString: await databaseUrl(server) });
    try {
      await client.connect();
      const accounts = await createAccounts(server, await signUpAdmin(server), 'reader', readers.length);
      const created: Reader[] = [];
      for (const [i, { what, conversations, messages }] of readers.entries()) {
        const account = accounts[i]!;
        progress(`writing ${what}`);
        const ids: string[] = [];
        for (let n = 0; n < conversations; n++) ids.push(await createGroup(server, account, []));
        for (const id of ids) await write(client, id, account.id, messages);
        created.push({ what, account, conversations: ids });
      }
      progress('writing what strangers say');
      for (let n = 0; n < strangers.conversations; n++) {
        await write(client, crypto.randomUUID(), crypto.randomUUID(), strangers.messages);
      }
      const total = [...readers, strangers].reduce((sum, some) => sum + some.conversations * some.messages, 0);
      progress('waiting for the index');
      for (let indexed = 0; indexed < total; await sleep(1_000)) {
        const { rows } = await client.query<{ count: string }>('select count(*) from chat.search');
        indexed = Number(rows[0]?.count);
      }
      // What PostgreSQL does after so many writes is not what is measured.
      await client.query('vacuum analyze');
      await client.query('checkpoint');
      const figures: Figure[] = [];
      for (const reader of created) {
        progress(`searching as the reader of ${reader.what}`);
        figures.push(
          await timeReader(server.url, reader, null),
          await timeReader(server.url, reader, reader.conversations[0]!),
        );
      }
      return figures;
    } finally {
      await client.end();
      await server.stop();
    }
  },
};

/** Straight into the table, some rows a transaction, so that the change stream copes (MESSAGE-PATH rule 13). */
async function write(client: pg.Client, conversation: string, sender: string, messages: number): Promise<void> {
  for (let from = 1; from <= messages; from += 1_000) {
    await client.query(
      `with h as (update chat.heads set last_seq = $3::int8, last_rev = $3::int8 + 1, last_at = now() where conversation_id = $1)
       insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
       select $1, n, n + 1, 'seed-' || n, $4, '{"type":"text","text":"' || text || '"}', '\\x00',
         now() - interval '1 year' * (1 - n / $5::float8)
       from generate_series($2::int8, $3::int8) n cross join lateral (
         select concat_ws(' ', case when random() < ${words.common} then 'common' end, case when random() < ${words.medium} then 'medium' end,
           case when random() < ${words.rare} then 'rare' end, case when random() < ${words.early} and n < 0.8 * $5 then 'early' end,
           string_agg('w' || floor(exp(random() * 10))::text, ' ')) as text from generate_series(1, 8) where n > 0) said`,
      [conversation, from, Math.min(from + 999, messages), sender, messages],
    );
  }
}

/** The p99 of the slowest query. */
async function timeReader(url: string, reader: Reader, named: string | null): Promise<Figure> {
  const times = new Map<string, number[]>();
  const floor: number[] = [];
  const ask = async (query: string, conversation: string | null): Promise<[ms: number, hits: number]> => {
    const began = performance.now();
    const asked = new URLSearchParams({ q: query, limit: '20', ...(conversation && { conversation }) });
    const { items } = await call<{ items: unknown[] }>({ url }, reader.account.access, 'GET', `/search?${asked}`);
    return [performance.now() - began, items.length];
  };
  for (const query of queries) {
    const taken: number[] = [];
    for (let i = -5; i < repetitions; i++) {
      const [ms, hits] = await ask(query, named);
      if (query === 'common' && hits !== 20) throw new Error(`${query}: ${hits} hits`);
      // In between, so that what else the machine does falls on both.
      const [least] = await ask(query, nowhere);
      if (i < 0) continue;
      taken.push(ms);
      floor.push(least);
    }
    times.set(
      query,
      taken.sort((a, b) => a - b),
    );
  }
  const p99 = (query: string) => quantile(times.get(query)!, 0.99);
  const slowest = queries.reduce((a, b) => (p99(a) >= p99(b) ? a : b));
  const each = queries.map(
    (query) => `${query} ${quantile(times.get(query)!, 0.5).toFixed(1)}/${p99(query).toFixed(1)}`,
  );
  return {
    what: `search in ${reader.what}${named ? ', named' : ''}, p99 of the slowest word`,
    value: p99(slowest),
    unit: 'ms',
    target: { bound: 'at most', value: 50 },
    floor: {
      value: quantile(
        floor.sort((a, b) => a - b),
        0.99,
      ),
      what: 'the same request about a conversation that is not there',
    },
    note: `p50/p99 ${each.join(', ')}`,
  };
}
