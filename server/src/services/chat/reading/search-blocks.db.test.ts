import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';
import { rebuildSearch } from '../projections/rebuild-search.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

interface Said {
  readonly seq: number;
  readonly sender: AccountId;
  /** Unix milliseconds. */
  readonly at: number;
  text: string;
  deleted?: boolean;
}

/** Writes messages as the committer would have; nobody is told. */
async function write(conversation: ConversationId, said: readonly Said[]) {
  await t.sql.query(
    `insert into chat.messages (conversation_id, seq, rev, id, sender_id, content, hash, created_at, deleted_at)
     select $1, seq, seq + 1, 'm' || seq, sender, content, '\\x00', to_timestamp(at / 1000.0), case when deleted then now() end
     from unnest($2::int8[], $3::uuid[], $4::float8[], $5::text[], $6::bool[]) d(seq, sender, at, content, deleted)`,
    [
      conversation,
      said.map((each) => each.seq),
      said.map((each) => each.sender),
      said.map((each) => each.at),
      said.map((each) => JSON.stringify({ type: 'text', text: each.text })),
      said.map((each) => each.deleted ?? false),
    ],
  );
  const last = said.at(-1);
  await t.sql.query(
    'update chat.heads set last_seq = $2::int8, last_rev = $2::int8 + 1, last_at = to_timestamp($3 / 1000.0) where conversation_id = $1',
    [conversation, last?.seq, last?.at],
  );
}

/** Hands over messages as the relay would. */
async function index(conversation: ConversationId, op: 'c' | 'u' = 'c', seqs: readonly number[] | null = null) {
  const rows = await t.sql.query<object>(
    'select * from chat.messages where conversation_id = $1 and ($2::int8[] is null or seq = any($2)) order by seq',
    [conversation, seqs],
  );
  for (let from = 0; from < rows.length; from += 50) {
    const some = rows.slice(from, from + 50).map((after) => ({ op, after }));
    await t.publish(topics.chat, 'messages', some);
  }
}

const start = Date.parse('2024-01-01T00:00:00Z');
const saidBy = (sender: AccountId, count: number, text: (seq: number) => string): Said[] =>
  Array.from({ length: count }, (_, i) => ({ seq: i + 1, sender, at: start + i * 1_000, text: text(i + 1) }));

const find = async (user: AccountId, query: string, more: object = {}) =>
  (await t.chat.search(t.as(user), { query, limit: 20, ...more })).items.map((hit) => hit.message.seq);

const blocksOf = (id: ConversationId) =>
  t.sql.query<{ block: number; words: string | null }>(
    `select block, array_to_string(tsvector_to_array(terms), ' ') as words from chat.search_blocks
     where conversation_id = $1 order by block`,
    [id],
  );

describe('a block', () => {
  test('is made when the next one begins, and holds the words of its messages', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await write(
      id,
      saidBy(a, 128, (seq) => (seq < 64 ? `early ${seq % 2 ? 'odd' : ''}` : 'late')),
    );
    await index(id);
    expect(await blocksOf(id)).toEqual([
      { block: 0, words: 'early odd' },
      { block: 1, words: 'late' },
    ]);
  });

  test('follows edits and deletions', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await write(
      id,
      saidBy(a, 70, () => 'plain'),
    );
    await index(id);
    await t.chat.editMessage(t.as(a), id, 7, JSON.stringify({ type: 'text', text: 'changed' }));
    await index(id, 'u', [7]);
    expect(await find(a, 'changed')).toEqual([7]);
    await t.chat.deleteMessage(t.as(a), id, 7);
    await index(id, 'u', [7]);
    expect(await blocksOf(id)).toEqual([{ block: 0, words: 'plain' }]);
  });

  test('of more words than a tsvector holds says so, and its messages are found', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    const long = (seq: number) => Array.from({ length: 2_000 }, (_, i) => `word${seq}x${i}y`).join(' ');
    await write(id, saidBy(a, 66, long));
    await index(id);
    expect(await blocksOf(id)).toEqual([{ block: 0, words: null }]);
    expect(await find(a, 'word9x77y')).toEqual([9]);
  });

  test('of messages without words is empty', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await write(
      id,
      saidBy(a, 70, () => '!'),
    );
    await index(id);
    expect(await blocksOf(id)).toEqual([{ block: 0, words: '' }]);
  });

  test('what was indexed without blocks is found, catches up, and leaves no hole', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    await write(
      id,
      saidBy(a, 64 * 20, (seq) => (seq === 5 ? 'treasure' : 'sand')),
    );
    await index(id);
    await t.sql.query('delete from chat.search_blocks where conversation_id = $1', [id]);
    expect(await find(a, 'treasure')).toEqual([5]);
    for (const most of [16, 20]) {
      await index(id, 'c', [64 * 20]);
      expect((await blocksOf(id)).map(({ block }) => block)).toEqual(Array.from({ length: most }, (_, i) => i));
      expect(await find(a, 'treasure')).toEqual([5]);
    }
    await t.sql.query('truncate chat.search, chat.search_blocks');
    await rebuildSearch(t.sql, () => undefined);
    expect(await blocksOf(id)).toHaveLength(20);
    expect(await find(a, 'treasure')).toEqual([5]);
  });
});

describe('searches over many conversations', () => {
  const reader = createId<AccountId>();
  const words = ['common', 'comma', 'seldom', 'unique', 'old'];
  const conversations = new Map<ConversationId, { said: Said[]; sees(seq: number): boolean }>();

  beforeAll(async () => {
    const [b, c] = [t.account(), t.account()];
    const senders = [b, c];
    // lengths below, at and beyond a block, and more parts than are read together
    for (const [i, length] of [3, 63, 64, 130, 700, ...Array.from({ length: 60 }, () => 70)].entries()) {
      const id = await t.group(b, [c]);
      const said = Array.from({ length }, (_, at): Said => {
        const seq = at + 1;
        const text = [
          seq % 3 === 0 ? 'common' : '',
          (seq * 7 + i) % 11 === 0 ? 'comma' : '',
          (seq * 13 + i) % 97 === 0 ? 'seldom' : '',
          i === 4 && seq === 100 ? 'unique' : '',
          seq < length / 2 && seq % 2 ? 'old' : '',
          `filler${seq % 5}`,
        ];
        // many at the same time, in one conversation and across them
        const when = start + Math.floor(at / 2) * 60_000;
        return { seq, sender: senders[seq % 2] as AccountId, at: when, text: text.join(' '), deleted: seq % 17 === 0 };
      });
      await write(id, said);
      await index(id);
      // The index is behind what was deleted: its rows are there.
      const gone = said.filter((each) => each.deleted);
      await t.sql.query(
        `insert into chat.search select $1, seq, sender, to_timestamp(at / 1000.0), array_to_tsvector(array['common'])
         from unnest($2::int8[], $3::uuid[], $4::float8[]) d(seq, sender, at) on conflict do nothing`,
        [id, gone.map((each) => each.seq), gone.map((each) => each.sender), gone.map((each) => each.at)],
      );
      conversations.set(id, { said, sees: await admit(id, i, length) });
    }
  }, 120_000);

  /** Everything, a part, two parts with a hole, or nothing any more. */
  async function admit(id: ConversationId, i: number, length: number): Promise<(seq: number) => boolean> {
    const half = Math.floor(length / 2);
    const third = Math.floor(length / 3);
    const stays = [
      [[0, null]],
      [[half, null]],
      [
        [0, third],
        [half, null],
      ],
      [[0, half]],
    ][i % 4] as [number, number | null][];
    for (const [n, [joined, left]] of stays.entries()) {
      await t.sql.query(
        `insert into chat.memberships (conversation_id, user_id, role, joined_seq, joined_rev, left_seq, left_rev, rev, joined_at)
         values ($1, $2, 'member', $3, $4, $5, $6, 1, now())`,
        [id, reader, joined, n + 1, left, left === null ? null : n + 1],
      );
    }
    const present = stays.some(([, left]) => left === null);
    return (seq) => present && stays.some(([joined, left]) => seq > joined && seq <= (left ?? seq));
  }

  function expected(query: string, o: { conversation?: ConversationId; from?: AccountId; before?: number }) {
    const asked = query.split(' ');
    const hits = [...conversations].flatMap(([id, { said, sees }]) =>
      said
        .filter((each) => {
          const held = each.text.split(' ');
          const matches = asked.every((word, i) =>
            held.some((one) => (i === asked.length - 1 ? one.startsWith(word) : one === word)),
          );
          return matches && !each.deleted && sees(each.seq);
        })
        .map((each) => ({ ...each, id })),
    );
    return hits
      .filter((hit) => o.conversation === undefined || hit.id === o.conversation)
      .filter((hit) => o.from === undefined || hit.sender === o.from)
      .filter((hit) => o.before === undefined || hit.at < o.before)
      .sort((x, y) => y.at - x.at || (x.id < y.id ? 1 : x.id > y.id ? -1 : y.seq - x.seq))
      .map((hit) => `${hit.id} ${hit.seq}`);
  }

  test('page by page find what the reader may see, each once, newest first', async () => {
    const ids = [...conversations.keys()].slice(0, 5);
    const asked = fc.record({
      query: fc.oneof(
        fc.constantFrom(...words, 'com', 'nowhere', 'fil'),
        fc.tuple(fc.constantFrom(...words), fc.constantFrom(...words, 'fil')).map((two) => two.join(' ')),
      ),
      limit: fc.constantFrom(7, 20, 100),
      conversation: fc.option(fc.constantFrom(...ids), { nil: undefined }),
      byFirst: fc.boolean(),
      before: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ query, limit, conversation, byFirst, before }) => {
        const from = byFirst ? conversations.get(ids[0] as ConversationId)?.said[0]?.sender : undefined;
        const filter = {
          ...(conversation && { conversation }),
          ...(from && { from }),
          ...(before !== undefined && { before: start + before * 60_000 }),
        };
        const wanted = expected(query, filter).slice(0, 5 * limit);
        const seen: string[] = [];
        for (let after: string | undefined; seen.length < wanted.length + 1; ) {
          const page = await t.chat.search(t.as(reader), { query, limit, after, ...filter });
          seen.push(...page.items.map(({ message }) => `${message.conversation} ${message.seq}`));
          if (page.next === null) break;
          after = page.next;
        }
        expect(seen.slice(0, wanted.length)).toEqual(wanted);
        if (wanted.length < 5 * limit) expect(seen).toHaveLength(wanted.length);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
