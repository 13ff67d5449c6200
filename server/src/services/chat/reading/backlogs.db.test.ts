import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import { createEpoch, type Position } from '../../../model/position.ts';
import { readBacklogs } from './backlogs.ts';
import { pagesSql } from './read-pages.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

type State = Map<number, Message>;

/** Takes a page as any client does: what lies after its position is new to it, of all else it holds the earlier state. */
function take(state: State, position: Position, items: readonly Message[]): void {
  for (const item of items) {
    const seq = item.seq as number;
    expect(state.has(seq), `seq ${seq} at ${position.seq}, ${position.rev}`).toBe(seq <= position.seq);
  }
  for (const item of items) state.set(item.seq as number, item);
}

/** Reads on until level; fails when an item comes twice although nothing changed in between. */
async function catchUp(reader: AccountId, id: ConversationId, from: Position, limit: number, state: State) {
  const told = new Set<string>();
  for (let position = from; ; ) {
    const page = await t.chat.changes(t.as(reader), id, position, limit);
    let previous = 0;
    for (const item of page.items) {
      expect(item.rev as number).toBeGreaterThan(previous);
      previous = item.rev as number;
      const key = `${item.seq}`;
      expect(told.has(key), `seq ${key} was told twice`).toBe(false);
      told.add(key);
    }
    take(state, position, page.items);
    position = { epoch: page.epoch, seq: page.seq, rev: page.rev };
    if (page.continuity === 'kept') return position;
    expect(page.continuity).toBe('more');
    expect(page.items.length).toBeLessThanOrEqual(limit);
  }
}

const act = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('react' as const), at: fc.nat(), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pin' as const), at: fc.nat(), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'role' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'leave or return' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** A conversation of three: the owner acts, the reader follows it, and somebody's role goes up and down. */
async function begin(history: 'all' | 'since-join') {
  const [owner, reader, third] = [t.account(), t.account(), t.account()];
  const id = await t.group(owner, [reader, third], { history });
  let sent = 0;
  const context = t.as(owner);
  const isIn = async (user: AccountId) => (await t.chat.membershipsOf(context, [user])).length > 0;
  return {
    owner,
    reader,
    id,
    async run(one: Exclude<Act, { do: 'read' }>) {
      const seq = 'at' in one && sent > 0 ? (one.at % sent) + 1 : 0;
      const text = JSON.stringify({ type: 'text', text: `edited ${Math.random()}` });
      if (one.do === 'send') {
        sent += 1;
        await t.send(owner, id, `message ${sent}`);
      } else if (one.do === 'role') {
        const [member] = await t.chat.membershipsOf(context, [third]);
        await t.chat.putMember(context, id, third, member?.role === 'admin' ? 'member' : 'admin');
      } else if (one.do === 'leave or return') {
        if (await isIn(reader)) await t.chat.removeMember(context, id, reader);
        else await t.chat.putMember(context, id, reader, 'member');
      } else if (seq > 0) {
        const deleted = (await t.chat.getMessage(context, id, seq)).deletedAt !== null;
        if (one.do === 'delete') await t.chat.deleteMessage(context, id, seq);
        else if (deleted) return;
        else if (one.do === 'edit') await t.chat.editMessage(context, id, seq, text);
        else if (one.do === 'react') await t.chat.setReaction(context, id, seq, '👍', one.on);
        else await t.chat.setPinned(context, id, seq, one.on);
      }
    },
    ensureReader: async () => {
      if (!(await isIn(reader))) await t.chat.putMember(context, id, reader, 'member');
    },
    isIn,
  };
}

describe('a reader who pages while everything changes', () => {
  test.each(['all', 'since-join'] as const)('ends with what a fresh reader sees (history: %s)', async (history) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40, size: 'max' }), async (acts) => {
        const { reader, id, run, isIn, ensureReader } = await begin(history);
        const { epoch } = await t.chat.getConversation(t.as(reader), id);
        const state: State = new Map();
        let position: Position = { epoch, seq: 0, rev: 0 };
        for (const one of acts) {
          if (one.do !== 'read') {
            await run(one);
            continue;
          }
          if (!(await isIn(reader))) {
            expect(await codeOf(t.chat.changes(t.as(reader), id, position, 1))).toBe('conversation.unknown');
            continue;
          }
          const page = await t.chat.changes(t.as(reader), id, position, one.limit);
          take(state, position, page.items);
          expect(page.seq).toBeGreaterThanOrEqual(position.seq);
          expect(page.rev).toBeGreaterThanOrEqual(position.rev as number);
          position = { epoch, seq: page.seq, rev: page.rev };
        }
        await ensureReader();
        position = await catchUp(reader, id, position, 3, state);
        const fresh: State = new Map();
        const end = await catchUp(reader, id, { epoch, seq: 0, rev: 0 }, 500, fresh);
        expect([...state].sort(([a], [b]) => a - b)).toEqual([...fresh].sort(([a], [b]) => a - b));
        const [head] = await t.chat.heads(t.as(reader), [id]);
        expect(position).toEqual(end);
        expect(position).toEqual({ epoch, seq: head?.lastSeq, rev: head?.lastRev });
      }),
      { numRuns: 40 },
    );
  });

  test('whatever position it claims, it gets exactly what came after it', async () => {
    const place = fc.record({ seq: fc.nat(100), rev: fc.option(fc.nat(100), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 30, size: 'max' }),
        fc.array(place, { minLength: 8, maxLength: 8 }),
        async (acts, places) => {
          const { reader, id, run, ensureReader } = await begin('all');
          for (const one of acts) if (one.do !== 'read') await run(one);
          await ensureReader();
          const view = await t.chat.getConversation(t.as(reader), id);
          const everything = (await t.chat.history(t.as(reader), id, { limit: 200 })).items;
          const appended = await t.sql.query<{ rev: number; mod_rev: number | null }>(
            'select rev, mod_rev from chat.messages where conversation_id = $1 order by seq',
            [id],
          );
          for (const wild of places) {
            const seq = wild.seq % (view.lastSeq + 1);
            const rev = wild.rev === undefined ? undefined : wild.rev % (view.lastRev + 1);
            const page = await t.chat.changes(t.as(reader), id, { epoch: view.epoch, seq, rev }, 500);
            const expected = everything.filter(
              (item) =>
                (item.seq as number) > seq ||
                (rev !== undefined && (appended[(item.seq as number) - 1]?.mod_rev ?? 0) > rev),
            );
            expect(page.items).toEqual(expected.sort((a, b) => (a.rev as number) - (b.rev as number)));
            expect(page).toMatchObject({ continuity: 'kept', seq: view.lastSeq, rev: view.lastRev });
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('lost', () => {
  test('another epoch, and a position ahead of the head', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    await t.send(owner, id, 'one');
    const { epoch } = await t.chat.getConversation(t.as(member), id);
    const read = async (position: Position) => (await t.chat.changes(t.as(member), id, position, 10)).continuity;
    expect(await read({ epoch, seq: 1, rev: 2 })).toBe('kept');
    expect(await read({ epoch, seq: 2, rev: 2 })).toBe('lost');
    expect(await read({ epoch, seq: 1, rev: 3 })).toBe('lost');
    expect(await read({ epoch: 'another', seq: 0, rev: 0 })).toBe('lost');
    const [row] = await t.sql.query<{ nonce: string }>('select nonce from chat.conversations where id = $1', [id]);
    expect(createEpoch(row?.nonce ?? '', t.incarnation)).toBe(epoch);
    expect(createEpoch(row?.nonce ?? '', { ...t.incarnation, restore: 'another' })).not.toBe(epoch);
  });
});

describe('backlogs of many readers', () => {
  test('each gets what their own stays open, strangers nothing', async () => {
    const [owner, early, late, gone, stranger] = [0, 1, 2, 3, 4].map(() => t.account()) as [
      AccountId,
      AccountId,
      AccountId,
      AccountId,
      AccountId,
    ];
    const id = await t.group(owner, [early, gone], { history: 'since-join' });
    await t.send(owner, id, 'one');
    await t.send(owner, id, 'two');
    await t.chat.putMember(t.as(owner), id, late, 'member');
    await t.chat.removeMember(t.as(gone), id, gone);
    await t.send(owner, id, 'three');
    await t.chat.editMessage(t.as(owner), id, 1, JSON.stringify({ type: 'text', text: 'uno' }));
    const { epoch, lastRev } = await t.chat.getConversation(t.as(owner), id);
    const position = { epoch, seq: 0, rev: 0 };
    const users = [owner, early, late, gone, stranger];
    const backlogs = await t.chat.backlogs(
      t.as(owner),
      users.map((user) => ({ conversation: id, user, position })),
    );
    expect(backlogs.map((backlog) => backlog.items.map((item) => item.seq))).toEqual([
      [2, 3, 1],
      [2, 3, 1],
      [3],
      [],
      [],
    ]);
    expect(backlogs.map((backlog) => backlog.continuity)).toEqual(['kept', 'kept', 'kept', 'lost', 'lost']);
    // somebody who may see none of it still moves on
    expect(backlogs[2]).toMatchObject({ seq: 3, rev: lastRev, epoch });
    expect(backlogs[4]).toMatchObject({ seq: 0, rev: 0, epoch: '' });
  });

  test('who stands elsewhere gets what they would get alone', async () => {
    const place = fc.record({ seq: fc.nat(100), rev: fc.option(fc.nat(100), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 30, size: 'max' }),
        fc.array(place, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        async (acts, places, limit) => {
          const { reader, id, run, ensureReader } = await begin('all');
          for (const one of acts) if (one.do !== 'read') await run(one);
          await ensureReader();
          const { epoch, lastSeq, lastRev } = await t.chat.getConversation(t.as(reader), id);
          const requests = places.map(({ seq, rev }) => ({
            conversation: id,
            user: reader,
            position: { epoch, seq: seq % (lastSeq + 1), rev: rev === undefined ? rev : rev % (lastRev + 1) },
          }));
          const together = await readBacklogs({ sql: t.sql, incarnation: () => t.incarnation }, requests, limit);
          for (const [i, request] of requests.entries()) {
            expect(together[i]).toEqual(await t.chat.changes(t.as(reader), id, request.position, limit));
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('500 at most, then more', async () => {
    const owner = t.account();
    const id = await t.group(owner, []);
    await Promise.all(Array.from({ length: 750 }, (_, i) => t.send(owner, id, `${i}`)));
    const { epoch, lastRev } = await t.chat.getConversation(t.as(owner), id);
    const read = (seq: number, rev: number) =>
      t.chat.backlogs(t.as(owner), [{ conversation: id, user: owner, position: { epoch, seq, rev } }]);
    const [first] = await read(0, 0);
    expect(first).toMatchObject({ seq: 500, rev: lastRev, continuity: 'more' });
    const [second] = await read(500, lastRev);
    expect(second?.items).toHaveLength(250);
    expect(second).toMatchObject({ seq: 750, rev: lastRev, continuity: 'kept' });
  });

  test('both kinds of messages come from an index, in order, and no more than asked for', async () => {
    const owner = t.account();
    const id = await t.group(owner, []);
    await t.sql.query(
      `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at, mod_rev)
       select $1, n, n + 1, n::text, $2, '{}', '', now(), case when n % 100 = 0 then 30001 + n end
       from generate_series(1, 30000) n`,
      [id, owner],
    );
    await t.sql.query('update chat.heads set last_seq = 30000, last_rev = 60001 where conversation_id = $1', [id]);
    await t.sql.query('analyze chat.messages');
    const plan = await t.sql.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off) ${pagesSql}`,
      [[id], [15_000], [20_000], 501, 1_000_000],
    );
    const lines = plan.map((row) => row['QUERY PLAN']);
    expect(lines.join('\n')).not.toMatch(/Seq Scan|Bitmap/);
    const scans = lines.filter((line) => /Index Scan using messages_/.test(line));
    expect(scans.length).toBeGreaterThanOrEqual(2);
    for (const scan of scans) expect(Number(/rows=(\d+)/.exec(scan)?.[1])).toBeLessThanOrEqual(501);
  });
});
