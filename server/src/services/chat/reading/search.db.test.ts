import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';
import { readSnapshot } from '../store.ts';
import { hitsOfOneSql, hitsOfPartsSql, partsSql } from './hits-sql.ts';
import { cutExcerpt } from './search.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

/** What the relay would publish for the rows of a conversation as they are now. */
async function index(id: ConversationId, op: 'c' | 'u' | 'r' = 'c', seq: number | null = null) {
  const rows = await t.sql.query<object>(
    'select * from chat.messages where conversation_id = $1 and ($2::int8 is null or seq = $2) order by seq',
    [id, seq],
  );
  await t.publish(
    topics.chat,
    'messages',
    rows.map((after) => ({ op, after })),
  );
}

const find = async (user: AccountId, query: string, more: object = {}) =>
  (await t.chat.search(t.as(user), { query, limit: 20, ...more })).items.map((hit) => hit.message.seq);

describe('a search', () => {
  test('reads nothing of what strangers write, whatever the statistics', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    for (let i = 0; i < 5; i++) await t.send(a, id, `commonplace ${i}`);
    await index(id);
    await t.sql.query(
      `insert into chat.search select gen_random_uuid(), i, gen_random_uuid(), now(), array_to_tsvector(array['commonplace'])
       from generate_series(1, 30000) i`,
    );
    await t.sql.query(
      `insert into chat.search_blocks
       select gen_random_uuid(), i, now(), now(), array_to_tsvector(array['commonplace']) from generate_series(1, 3000) i`,
    );
    const other = await t.group(a, []);
    const first = { id, first: 1, last: 5 };
    const second = { id: other, first: 1, last: 1 };
    for (const prepare of ['select 1', 'analyze chat.search', 'analyze chat.search_blocks']) {
      await t.sql.query(prepare);
      expect(await find(a, 'common')).toEqual([5, 4, 3, 2, 1]);
      const place = (...ranges: (typeof first)[]) => [
        null,
        null,
        ranges.map((range) => range.id),
        ranges.map((range) => range.first),
        ranges.map((range) => range.last),
      ];
      const rest = [null, null, null, 21];
      for (const [text, values] of [
        [hitsOfOneSql, [...place(first), ...rest]],
        [partsSql, place(first, second)],
        [hitsOfPartsSql, [...place(first, second), ...rest, '-infinity']],
      ] as const) {
        const plan = await explain(text, ["'common':*", ...values]);
        expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(150);
        for (const node of nodesOf(plan)) {
          if (!node['Relation Name']?.startsWith('search')) continue;
          expect(node['Node Type']).toMatch(/^Index/);
          expect(node['Actual Rows'] * node['Actual Loops']).toBeLessThanOrEqual(5);
          expect(node['Rows Removed by Filter'] ?? 0).toBe(0);
        }
      }
    }
  });

  test('waits for its turn, and is told when too many wait', async () => {
    const held: (() => void)[] = [];
    let hold = false;
    const busy = await openChat({ searchesAtOnce: 1 }, (sql) => ({
      ...sql,
      transaction: async (work) => {
        if (hold) await new Promise<void>((resolve) => held.push(resolve));
        return await sql.transaction(work);
      },
    }));
    try {
      const a = busy.account();
      hold = true;
      const asked = () => busy.chat.search(busy.as(a), { query: 'word', limit: 5 });
      const first = asked();
      const waiting = Array.from({ length: 100 }, asked);
      await expect.poll(() => held.length).toBe(1);
      expect(await codeOf(asked())).toBe('service.overloaded');
      expect(held).toHaveLength(1);
      hold = false;
      held[0]?.();
      for (const { items } of await Promise.all([first, ...waiting])) expect(items).toEqual([]);
    } finally {
      await busy.close();
    }
  });
});

describe('search', () => {
  test('all words, the last as a beginning; without case and accents; two-character words', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    const long = `${Array.from({ length: 90 }, (_, i) => String.fromCodePoint(0x5000 + 2 * i)).join('')}终点`;
    for (const words of [
      'Crème brûlée tonight',
      'creme only',
      '今天天气很好',
      'null and void',
      '!!!',
      long,
      'C++ 😀 O’Brien',
    ])
      await t.send(a, id, words);
    await index(id);
    expect(await find(a, 'creme')).toEqual([2, 1]);
    expect(await find(a, 'CRÈME bru')).toEqual([1]);
    expect(await find(a, 'brul creme')).toEqual([]);
    expect(await find(a, '天气')).toEqual([3]);
    expect(await find(a, '气')).toEqual([3]);
    expect(await find(a, '好')).toEqual([3]);
    expect(await find(a, 'null')).toEqual([4]);
    expect(await find(a, '终点')).toEqual([6]);
    expect(await find(a, long)).toEqual([6]);
    for (const query of ['C++', '😀', 'obrien', 'brien']) expect(await find(a, query)).toEqual([7]);
    expect(await codeOf(t.chat.search(t.as(a), { query: ' !', limit: 5 }))).toBe('request.invalid');
    expect(await find(a, "'; drop table chat.messages; --")).toEqual([]);
  });

  test('only in what the caller may read', async () => {
    const [owner, early, late, gone, stranger] = [t.account(), t.account(), t.account(), t.account(), t.account()];
    const id = await t.group(owner, [early, gone], { history: 'since-join' });
    await t.send(owner, id, 'needle one');
    await t.chat.putMember(t.as(owner), id, late, 'member');
    await t.chat.removeMember(t.as(gone), id, gone);
    await t.send(owner, id, 'needle two');
    await index(id);
    expect(await find(early, 'needle')).toEqual([2, 1]);
    expect(await find(late, 'needle')).toEqual([2]);
    for (const user of [gone, stranger]) {
      expect(await find(user, 'needle')).toEqual([]);
      expect(await find(user, 'needle', { conversation: id })).toEqual([]);
    }
    await t.chat.updateConversation(t.as(owner), id, { visibility: 'public' });
    expect(await find(stranger, 'needle')).toEqual([]);
    // What was said before it opened stays closed to whom it was closed.
    expect(await find(stranger, 'needle', { conversation: id })).toEqual([]);
    expect(await find(late, 'needle')).toEqual([2]);
    await t.send(owner, id, 'needle three');
    await index(id);
    expect(await find(stranger, 'needle', { conversation: id })).toEqual([3]);
    expect(await find(late, 'needle')).toEqual([3, 2]);
    await t.chat.deleteConversation(t.as(owner), id);
    expect(await find(early, 'needle')).toEqual([]);
  });

  test('follows edits and deletions, not reactions; a replay changes nothing', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await t.send(a, id, 'before');
    await index(id);
    await t.chat.editMessage(t.as(a), id, 1, JSON.stringify({ type: 'text', text: 'after' }));
    expect(await find(a, 'before')).toEqual([1]);
    await index(id, 'u');
    expect(await find(a, 'before')).toEqual([]);
    expect(await find(a, 'after')).toEqual([1]);
    const version = async () =>
      (await t.sql.query<{ x: string }>('select xmin::text as x from chat.search where conversation_id = $1', [id]))[0]
        ?.x;
    const written = await version();
    await t.chat.setReaction(t.as(a), id, 1, '👍', true);
    await index(id, 'u');
    expect(await version()).toBe(written);
    await t.chat.deleteMessage(t.as(a), id, 1);
    expect(await find(a, 'after')).toEqual([]);
    await index(id, 'u');
    expect(await version()).toBeUndefined();
  });

  test('its position is stored with its effects, and what is not newer is skipped', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await t.send(a, id, 'word');
    await index(id);
    const [row] = await t.sql.query<object>('select * from chat.messages where conversation_id = $1', [id]);
    const [position] = await t.sql.query<{ lsn: string; incarnation: string }>(
      `select lsn::text as lsn, incarnation from chat.projection_positions where projection = 'search'`,
    );
    await t.sql.query('delete from chat.search where conversation_id = $1', [id]);
    const source = { db: 'test', schema: 'chat', table: 'messages', ordinal: 0, ts_ms: 0, snapshot: false };
    const incarnation = position?.incarnation ?? '';
    const again = (lsn: string) => ({
      topic: topics.chat,
      key: id,
      value: { before: null, after: row ?? {}, op: 'c' as const, ts_ms: 0, source: { ...source, incarnation, lsn } },
    });
    await t.bus.publish([again(position?.lsn ?? '')]);
    expect(await find(a, 'word')).toEqual([]);
    await t.bus.publish([again(String(BigInt(position?.lsn ?? '0') + 1_000_000n))]);
    expect(await find(a, 'word')).toEqual([1]);
  });

  test('pages newest first and filters', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    for (let i = 0; i < 7; i++) await t.send(i % 2 ? a : b, id, `pebble ${i}`);
    await t.sql.query(
      `update chat.messages set created_at = '2024-01-01'::timestamptz + seq * interval '1 hour'
      where conversation_id = $1`,
      [id],
    );
    const rows = await t.sql.query<object>('select * from chat.messages where conversation_id = $1', [id]);
    const fresh = await openChatIndex(rows);
    expect(fresh).toBe(7);
    const seen: (number | null)[] = [];
    for (let after: string | undefined; ; ) {
      const page = await t.chat.search(t.as(a), { query: 'pebble', limit: 3, after });
      seen.push(...page.items.map((hit) => hit.message.seq));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(await find(a, 'pebble', { from: a })).toEqual([6, 4, 2]);
    expect(await find(a, 'pebble', { before: Date.parse('2024-01-01T03:00:00Z') })).toEqual([2, 1]);
  });
});

async function explain(text: string, values: readonly unknown[]): Promise<PlanNode> {
  return await readSnapshot(t.sql, async (tx) => {
    const [plan] = await tx.query<{ 'QUERY PLAN': string | [{ Plan: PlanNode }] }>(
      `explain (analyze, buffers, timing off, format json) ${text}`,
      values,
    );
    const root = plan?.['QUERY PLAN'];
    return ((typeof root === 'string' ? JSON.parse(root) : root) as [{ Plan: PlanNode }])[0].Plan;
  });
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Loops': number;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Indexes rows with versions far ahead of all others of this file. */
async function openChatIndex(rows: readonly object[]): Promise<number> {
  const source = { db: 'test', schema: 'chat', table: 'messages', ts_ms: 0, snapshot: false, incarnation: 'later' };
  await t.bus.publish(
    rows.map((after, ordinal) => ({
      topic: topics.chat,
      key: 'key',
      value: { before: null, after, op: 'c' as const, ts_ms: 0, source: { ...source, lsn: '1', ordinal } },
    })),
  );
  return rows.length;
}

describe('cutExcerpt', () => {
  test('shows the hit, on one line, and never half a character', () => {
    expect(cutExcerpt('short text', ['text'])).toBe('short text');
    const long = `${'lorem ipsum '.repeat(50)}needle\n\nin ${'hay '.repeat(100)}`;
    const excerpt = cutExcerpt(long, ['needle']);
    expect(excerpt).toMatch(/^….* needle in hay.*…$/);
    expect(excerpt.length).toBeLessThanOrEqual(162);
    const emoji = cutExcerpt(`${'😀'.repeat(200)} needle ${'😀'.repeat(200)}`, ['needle']);
    expect(emoji).not.toMatch(/\p{Cs}/u);
  });
});
