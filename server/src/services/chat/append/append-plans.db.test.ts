import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test-support/database.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { conversationsOfSql } from '../reading/conversations-of.ts';
import { threadSql } from '../reading/history.ts';
import { pageSql } from '../reading/page-cache.ts';
import { headsSql } from '../reading/read-heads.ts';
import { pagesSql } from '../reading/read-pages.ts';
import { readersSql } from '../reading/readers.ts';
import { membershipsOfSql, summariesSql } from '../reading/resume-summaries.ts';
import { snapshotSql } from '../store.ts';
import { appendSessionSql, attachmentsSql, earlierSql, standingsSql } from './append-batch.ts';

let database: TestDatabase;
let session: SqlSession;
beforeAll(async () => {
  database = await openTestDatabase(['chat']);
});
afterAll(() => database.close());
beforeEach(async () => {
  session = await database.sql.session();
  await session.query(appendSessionSql);
  return () => session.release(true);
});

const tables = 'chat.conversations, chat.heads, chat.memberships, chat.messages, chat.attachments, chat.blocks';
/** The uuid of a number. */
const id = (n: string) => `lpad(to_hex(${n}), 32, '0')::uuid`;

/** Groups of ten members, every third one direct; a message with an attachment in each. `size` groups and `10 × size` accounts. */
async function fill(size: number): Promise<void> {
  await database.sql.query(
    `insert into chat.conversations
       (id, kind, visibility, history, nonce, created_by, created_at, updated_at, rev, member_a, member_b, avatar)
     select ${id('n')}, case when n % 3 = 0 then 'direct' else 'group' end, 'private', 'all', 'n', ${id('n')}, now(), now(), 1,
       case when n % 3 = 0 then ${id('n * 10')} end, case when n % 3 = 0 then ${id('n * 10 + 1')} end, ${id('n')}::text
     from generate_series(1, ${size}) n`,
  );
  await database.sql.query(
    `insert into chat.heads (conversation_id, last_seq, last_rev, last_at)
     select ${id('n')}, 1, 2, now() from generate_series(1, ${size}) n`,
  );
  await database.sql.query(
    `insert into chat.memberships (conversation_id, user_id, role, joined_seq, joined_rev, rev, joined_at)
     select ${id('n / 10')}, ${id('n')}, 'member', 0, 1, 1, now() from generate_series(10, ${size * 10 + 9}) n`,
  );
  await database.sql.query(
    `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, attachment, created_at)
     select ${id('n')}, 1, 2, n::text, ${id('n * 10')}, '{}', '', ${id('n')}, now() from generate_series(1, ${size}) n`,
  );
  await database.sql.query(
    `insert into chat.attachments (id, owner_id, name, size, media_type, created_at)
     select ${id('n')}, ${id('n * 10')}, 'a', 1, 'image/png', now() from generate_series(1, ${size}) n`,
  );
  await database.sql.query(
    `insert into chat.blocks (owner_id, blocked_id, active)
     select ${id('n * 10')}, ${id('n * 10 + 1')}, true from generate_series(1, ${size}) n`,
  );
}

/** The states in which statistics are: each plan is kept for as long as its connection lives. */
const states: Record<string, () => Promise<void>> = {
  'never analysed': () => fill(2_000),
  'analysed while empty': async () => {
    await database.sql.query(`analyze ${tables}`);
    await fill(2_000);
  },
  'analysed while tiny': async () => {
    await fill(3);
    await database.sql.query(`analyze ${tables}`);
  },
  'analysed when large': async () => {
    await fill(2_000);
    await database.sql.query(`analyze ${tables}`);
  },
};

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Index Searches'?: number;
  readonly 'Actual Loops': number;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

const nodesOf = (node: Node): readonly Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** The plan that a connection of the committer keeps, as it ran with these parameters. */
async function explain(statement: string, ...parameters: readonly string[]): Promise<readonly Node[]> {
  await session.query(`prepare planned as ${statement}`);
  const [row] = await session.query<{ 'QUERY PLAN': string }>(
    `explain (analyze, timing off, summary off, format json) execute planned (${parameters.join(', ')})`,
  );
  const [{ Plan }] = JSON.parse(row!['QUERY PLAN']) as [{ Plan: Node }];
  return nodesOf(Plan);
}

describe.each(Object.keys(states))('with tables %s', (state) => {
  beforeEach(async () => {
    await database.sql.query(`truncate ${tables}`);
    // truncating keeps what an earlier state has told the planner
    await database.sql.query(
      `delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'chat'::regnamespace)`,
    );
    await states[state]!();
  });

  const accounts = `array[${[10, 11, 21, 30].map((n) => id(String(n)))}]`;
  const things = `array[${[1, 2, 2, 3].map((n) => id(String(n)))}]`;

  test.each([
    ['how conversations stand to senders', standingsSql, things, accounts],
    ['which attachments senders may show', attachmentsSql, accounts, things],
  ])('%s is looked up by keys, row by row', async (_, statement, first, second) => {
    const nodes = await explain(statement, first, second);
    const scans = nodes.filter((node) => node['Relation Name'] && node['Node Type'] !== 'Bitmap Heap Scan');
    expect(scans.length).toBeGreaterThanOrEqual(2);
    for (const scan of [...scans, ...nodes.filter((node) => node['Node Type'] === 'Bitmap Index Scan')]) {
      expect(scan).toMatchObject({ 'Index Cond': expect.stringContaining('=') });
    }
    // of a loop: one conversation, stay or attachment each
    for (const scan of scans)
      expect(scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)).toBeLessThanOrEqual(1);
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Hash');
  });

  test('earlier answers are looked up by their key, none read besides', async () => {
    const ids = `array['1', '2', 'none', '3']`;
    expectLookUps(await explain(earlierSql, things, `array[${[10, 20, 20, 30].map((n) => id(String(n)))}]`, ids), 1);
  });

  /** As the reads of a resume are: one snapshot, indexes only; with the plan that is kept and with one made for the values. */
  describe.each(['force_generic_plan', 'force_custom_plan'])('of reads, %s', (mode) => {
    beforeEach(async () => {
      await session.query(`reset all; set jit = off; begin; ${snapshotSql}; set local plan_cache_mode = ${mode}`);
      return () => session.query('rollback');
    });
    const seqs = 'array[0, 0, 0, 0]::int8[]';

    test.each([
      ['the stays of users', membershipsOfSql, [accounts]],
      ['where users are shown', conversationsOfSql, [accounts]],
      ['heads', headsSql, [things]],
      ['how conversations stand to readers', readersSql, [things, accounts]],
      ['a page of history', pageSql, [id('1'), 'array[1]::int8[]', 'array[200]::int8[]']],
      ['what a resume begins with', summariesSql, [id('21'), things]],
      ['what was missed', pagesSql, [things, seqs, seqs, '500', '1000000']],
    ])('%s', async (_, statement, parameters) => {
      expectLookUps(await explain(statement, ...parameters), 2);
    });

    /** A thread of two among 300 messages, the last of them: what is read besides it would be many. */
    test.each(['asc', 'desc'] as const)('a thread, %s', async (order) => {
      await session.query('rollback');
      await database.sql.query(
        `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, thread, created_at)
         select ${id('1')}, n, n + 1, 't' || n, ${id('10')}, '{}', '', case when n in (150, 151) then 7 when n > 9 then 8 end, now()
         from generate_series(2, 301) n`,
      );
      await session.query(`begin; ${snapshotSql}; set local plan_cache_mode = ${mode}`);
      const range = ['array[1]::int8[]', 'array[301]::int8[]'];
      const nodes = await explain(threadSql(order), id('1'), '7', '1', '301', ...range, '50');
      expectLookUps(nodes, 2);
      expect(nodes.filter((node) => node['Relation Name'])).toMatchObject([
        { 'Actual Rows': 2, 'Index Name': 'messages_in_thread' },
      ]);
    });
  });
});

/** Every table by an index whose first columns are given, and no more rows read than are wanted. */
function expectLookUps(nodes: readonly Node[], most: number): void {
  const scans = nodes.filter((node) => node['Relation Name']);
  expect(scans.length).toBeGreaterThanOrEqual(1);
  for (const scan of scans) {
    expect(scan['Node Type']).toMatch(/^Index/);
    expect(scan['Index Cond']).toContain('=');
    expect(scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)).toBeLessThanOrEqual(most);
    // a second condition on an index does not make it the right one: `user_id` of one that begins with conversations reads all
    expect(scan['Index Name']).not.toBe(scan['Index Cond']?.includes('conversation_id') ? '' : 'memberships_present');
    expect(scan['Index Searches'] ?? 1).toBeLessThanOrEqual(scan['Actual Loops']);
  }
}
