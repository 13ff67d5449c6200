import { startServer } from '@parley/tests/harness';
import pg from 'pg';
import { databaseUrl } from '../load/database.ts';
import { quantile } from '../load/metrics.ts';
import { benchFlags, createAccounts, createGroup, signUpAdmin } from '../load/people.ts';
import type { Measure } from './measure.ts';

const messages = 1_000_000;
const reads = 500;

/** A page of fifty anywhere in a conversation of a million messages. */
export const history: Measure = {
  name: 'history',
  help: `a page of 50 anywhere in ${messages.toLocaleString('en')} messages`,
  async run(progress) {
    const server = await startServer({ flags: benchFlags });
    const client = new pg.Client({ connectionString: await databaseUrl(server) });
    try {
      const [ann, bob] = await createAccounts(server, await signUpAdmin(server), 'member', 2);
      const id = await createGroup(server, ann!, [bob!]);
      await client.connect();
      progress(`writing ${messages.toLocaleString('en')} messages`);
      // straight into the table, a thousand rows a transaction, so that the change stream copes (MESSAGE-PATH rule 13)
      for (let from = 1; from <= messages; from += 1_000) {
        await client.query(
          `with h as (update chat.heads set last_seq = $3::int8, last_rev = $3::int8 + 1, last_at = now() where conversation_id = $1)
           insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at)
           select $1, n, n + 1, 'seed-' || n, $4, '{"type":"text","text":"message number ' || n || '"}', '\\x00', now()
           from generate_series($2::int8, $3::int8) n`,
          [id, from, from + 999, ann!.id],
        );
      }
      await client.query('vacuum analyze chat.messages');
      progress(`reading ${reads} pages`);
      const [http, database]: [number[], number[]] = [[], []];
      for (let i = 0; i < reads; i++) {
        const before = 51 + Math.floor(Math.random() * (messages - 51));
        const began = performance.now();
        const answer = await fetch(`${server.url}/api/v1/conversations/${id}/messages?before=${before}&limit=50`, {
          headers: { authorization: `Bearer ${ann!.access}` },
        });
        const page = (await answer.json()) as { items: { seq: number }[] };
        http.push(performance.now() - began);
        if (page.items.length !== 50 || page.items[49]?.seq !== before - 1)
          throw new Error(`page before ${before} is wrong`);
        const plan = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
          `explain (analyze, format json) select * from chat.messages where conversation_id = $1 and seq < $2 order by seq desc limit 50`,
          [id, before],
        );
        database.push(plan.rows[0]!['QUERY PLAN'][0]['Execution Time']);
      }
      http.sort((a, b) => a - b);
      database.sort((a, b) => a - b);
      const target = { bound: 'at most', value: 5 } as const;
      return [
        {
          what: 'page of 50 in a million, at the database, p99',
          value: quantile(database, 0.99),
          unit: 'ms',
          target,
          floor: null,
        },
        {
          what: 'page of 50 in a million, over HTTP, p50',
          value: quantile(http, 0.5),
          unit: 'ms',
          target: null,
          floor: null,
        },
      ];
    } finally {
      await client.end();
      await server.stop();
    }
  },
};
