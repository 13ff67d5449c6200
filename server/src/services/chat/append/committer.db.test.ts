import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestDatabase } from '../../../../test-support/database.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { createContext } from '../../../kernel/context.ts';
import { type AccountId, type ConversationId, createId, type MessageId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import { parseContent } from '../../../model/content.ts';
import type { Draft } from '../../../model/message.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { AppendResult } from '../api.ts';
import type { Committer } from '../deps.ts';
import { createCommitter } from './committer.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let sql: Sql;
let committer: Committer;
let full = false;
let behind = false;
const ann = createId<AccountId>();
const bob = createId<AccountId>();

beforeAll(async () => {
  database = await openTestDatabase(['chat']);
  sql = database.sql;
});
afterAll(() => database.close());
beforeEach(() => {
  full = false;
  behind = false;
  committer = createCommitter({
    sql,
    storage: { full: () => full },
    behind: () => behind,
    log: silentLog,
    metrics: noMetrics,
    clock: systemClock,
  });
  return () => committer.unit.stop?.();
});

async function createGroup(...members: AccountId[]): Promise<ConversationId> {
  const id = createId<ConversationId>();
  await sql.query(
    `insert into chat.conversations (id, kind, visibility, history, nonce, created_by, created_at, updated_at, rev)
     values ($1, 'group', 'private', 'all', 'n', $2, now(), now(), 1)`,
    [id, members[0]],
  );
  await sql.query(`insert into chat.heads values ($1, 0, 1, now())`, [id]);
  for (const user of members) {
    await sql.query(
      `insert into chat.memberships (conversation_id, user_id, role, joined_seq, joined_rev, rev, joined_at)
       values ($1, $2, 'member', 0, 1, 1, now())`,
      [id, user],
    );
  }
  return id;
}

let counter = 0;
function draft(conversation: ConversationId, text: string, over: Partial<Draft> = {}): Draft {
  const raw = JSON.stringify({ type: 'text', text });
  return {
    id: `m${++counter}` as MessageId,
    conversation,
    sender: ann,
    session: null,
    admin: false,
    replyTo: null,
    thread: null,
    mentions: [],
    attachment: null,
    content: raw,
    hash: parseContent(raw, JSON.parse(raw)).hash,
    ...over,
  };
}

const append = (drafts: Draft[], timeoutMs = 60_000) =>
  committer.append(createContext(null, 'test', timeoutMs), drafts);
const seqOf = (result: AppendResult | undefined): number => (result && 'seq' in result ? result.seq : Number.NaN);
const stored = (id: ConversationId) =>
  sql.query<{ seq: number; rev: number; content: string; id: string }>(
    'select seq, rev, id, content from chat.messages where conversation_id = $1 order by seq',
    [id],
  );

describe('append', () => {
  test('is in history, in order, without holes, when it is answered', async () => {
    const group = await createGroup(ann);
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, i) => append(Array.from({ length: 30 }, (_, j) => draft(group, `${i}.${j}`)))),
    );
    const rows = await stored(group);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    expect(rows.map((row) => row.rev)).toEqual(rows.map((row) => row.seq + 1));
    expect(calls.flat().map(seqOf)).toEqual(rows.map((row) => row.seq));
    expect(JSON.parse(rows[0]?.content ?? '').text).toBe('0.0');
  });

  test('stores the sender’s own characters', async () => {
    const group = await createGroup(ann);
    const raw = '{ "type":"text",\n"text":"\\u00e9 \\"quoted\\" \\\\ {curly, comma} 👍" }';
    await append([draft(group, 'x', { content: raw })]);
    expect((await stored(group))[0]?.content).toBe(raw);
  });

  test('the same id again, alone or at once, stores once', async () => {
    const group = await createGroup(ann, bob);
    const first = draft(group, 'hello');
    const results = (await Promise.all([append([first, first]), append([first])])).flat();
    const later = await append([first, { ...first, sender: bob }]);
    expect(results.map(seqOf)).toEqual([1, 1, 1]);
    expect(later).toMatchObject([
      { seq: 1, repeated: true },
      { seq: 2, repeated: false },
    ]);
    expect(await stored(group)).toHaveLength(2);
  });

  test('other content under a stored id is a conflict, whatever became of the message since', async () => {
    const group = await createGroup(ann);
    const first = draft(group, 'hello');
    await append([first]);
    await sql.query(`update chat.messages set content = null, deleted_at = now() where conversation_id = $1`, [group]);
    expect(await append([draft(group, 'changed', { id: first.id })])).toEqual([{ code: 'message.conflict' }]);
    expect(await append([first])).toMatchObject([{ seq: 1, repeated: true }]);
  });

  test('a stranger, a removed member and an unknown conversation are refused alike', async () => {
    const group = await createGroup(ann, bob);
    await sql.query(
      `update chat.memberships set left_seq = 0, left_rev = 2 where conversation_id = $1 and user_id = $2`,
      [group, bob],
    );
    const results = await append([
      draft(group, 'x', { sender: bob }),
      draft(group, 'x', { sender: createId<AccountId>() }),
      draft(createId<ConversationId>(), 'x'),
      draft(group, 'fine'),
    ]);
    expect(results).toMatchObject([
      { code: 'conversation.forbidden' },
      { code: 'conversation.forbidden' },
      { code: 'conversation.forbidden' },
      { seq: 1 },
    ]);
  });

  test('a blocked conversation holds up the answer of no other one in the same call', async () => {
    const [held, free] = [await createGroup(ann), await createGroup(ann)];
    const other = await sql.session();
    await other.query('begin');
    await other.query('select 1 from chat.heads where conversation_id = $1 for no key update', [held]);
    const answered: number[] = [];
    let tell: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const sending = committer.append(
      createContext(null, 'test', 60_000),
      [draft(held, 'a'), draft(free, 'b')],
      (index) => {
        answered.push(index);
        tell();
      },
    );
    await first;
    expect(answered).toEqual([1]);
    await other.query('commit');
    other.release();
    expect((await sending).map(seqOf)).toEqual([1, 1]);
    expect(answered).toEqual([1, 0]);
  });

  test('a removal that commits while the batch waits for the lock keeps the message out', async () => {
    const group = await createGroup(ann, bob);
    const remover = await sql.session();
    await remover.query('begin');
    await remover.query('select 1 from chat.heads where conversation_id = $1 for no key update', [group]);
    const sending = append([draft(group, 'too late', { sender: bob })]);
    await untilBlocked();
    await remover.query(
      `update chat.memberships set left_seq = 0, left_rev = 2 where conversation_id = $1 and user_id = $2`,
      [group, bob],
    );
    await remover.query('commit');
    remover.release();
    expect(await sending).toEqual([{ code: 'conversation.forbidden' }]);
    expect(await stored(group)).toEqual([]);
  });

  test('a hostile draft fails alone', async () => {
    const group = await createGroup(ann);
    const other = await createGroup(ann);
    const drafts = [
      draft(group, 'a'),
      draft(other, 'b'),
      draft(group, 'bad', { content: '"\u0000"' }),
      draft(group, 'c'),
      draft(other, 'd'),
    ];
    const results = await append(drafts);
    expect(results[2]).toMatchObject({ code: 'request.invalid' });
    expect([results[0], results[3]].map(seqOf)).toEqual([1, 2]);
    expect([results[1], results[4]].map(seqOf)).toEqual([1, 2]);
  });

  test('a listener that throws is answered all the same, and so are its neighbours', async () => {
    const group = await createGroup(ann);
    const faulty = committer.append(createContext(null, 'test'), [draft(group, 'a'), draft(group, 'b')], () => {
      throw new Error('the listener is at fault');
    });
    const [own, neighbour] = await Promise.all([faulty, append([draft(group, 'c')])]);
    expect([...own, ...neighbour].map(seqOf)).toEqual([1, 2, 3]);
  });

  test('a conversation that somebody holds waits alone; its neighbours go on', async () => {
    const [held, free] = [await createGroup(ann), await createGroup(ann)];
    const holder = await sql.session();
    await holder.query('begin');
    await holder.query('select 1 from chat.heads where conversation_id = $1 for no key update', [held]);
    let answered = false;
    const blocked = append([draft(held, 'one')]).then((results) => {
      answered = true;
      return results;
    });
    const together = append([draft(held, 'two'), draft(free, 'free')]);
    expect((await append([draft(free, 'free too')])).map(seqOf)[0]).toBeGreaterThan(0);
    expect(answered).toBe(false);
    await holder.query('rollback');
    holder.release();
    expect((await blocked).map(seqOf)).toEqual([1]);
    expect((await together).map(seqOf)[0]).toBe(2);
  });

  test('a lost connection in mid-batch loses and doubles nothing', async () => {
    const group = await createGroup(ann);
    const killer = await sql.session();
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
      and datname = current_database() and query like any (array['%chat.messages%', '%chat.heads%', 'commit', 'begin'])`;
    const results: AppendResult[] = [];
    for (let i = 0; i < 40; i++) {
      const batch = Array.from({ length: 25 }, (_, j) => draft(group, `${i}.${j}`));
      const [answers] = await Promise.all([append(batch), killer.query(kill)]);
      results.push(...answers);
    }
    killer.release();
    expect(results.every((result) => 'seq' in result)).toBe(true);
    const rows = await stored(group);
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(new Set(rows.map((row) => row.id)).size).toBe(1000);
  });

  test('a draft whose caller has given up is answered with a retryable code', async () => {
    const group = await createGroup(ann);
    expect(await append([draft(group, 'late')], -1)).toMatchObject([{ code: 'service.unavailable' }]);
    expect(await stored(group)).toEqual([]);
  });

  test('a full disk refuses before anything is tried', async () => {
    const group = await createGroup(ann);
    full = true;
    expect(await append([draft(group, 'x')])).toMatchObject([{ code: 'storage.full' }]);
  });

  test('while delivery is behind nothing is committed; when it has caught up everything is', async () => {
    const group = await createGroup(ann);
    behind = true;
    const waiting = append([draft(group, 'patience')]);
    expect(await stored(group)).toEqual([]);
    behind = false;
    expect((await waiting).map(seqOf)).toEqual([1]);
  });

  test('mentions, replies and threads are stored', async () => {
    const group = await createGroup(ann, bob);
    await append([draft(group, 'root')]);
    await append([draft(group, 'x', { replyTo: 1, thread: 1, mentions: [bob, ann] })]);
    const [row] = await sql.query(
      'select reply_to, thread, mentions from chat.messages where conversation_id = $1 and seq = 2',
      [group],
    );
    expect(row).toEqual({ reply_to: 1, thread: 1, mentions: [bob, ann] });
  });
});

/** Resolves when some backend of this database waits for a lock. */
async function untilBlocked(): Promise<void> {
  for (;;) {
    const [row] = await sql.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    if ((row?.n ?? 0) > 0) return;
  }
}
