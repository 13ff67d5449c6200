import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import type { Sql } from '../../../ports/sql.ts';
import { createPageCache } from './page-cache.ts';

let t: TestChat;
/** The names of the statements that the service has sent. */
let statements: string[] = [];
const count = (name: string) => statements.filter((sent) => sent === name).length;

beforeAll(async () => {
  t = await openChat({}, (sql) => ({
    ...sql,
    query: (text, values, name) => {
      if (name) statements.push(name);
      return sql.query(text, values, name);
    },
  }));
});
afterAll(() => t.close());
beforeEach(() => {
  statements = [];
});

const text = (words: string) => JSON.stringify({ type: 'text', text: words });
const read = async (user: AccountId, id: ConversationId, range = {}) =>
  (await t.chat.history(t.as(user), id, { limit: 10, ...range })).items;

describe('a page that was read a moment ago', () => {
  test('is not read again while nothing in its conversation changes, and serves whoever may see those seqs', async () => {
    const [a, b, late] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, [b], { history: 'since-join' });
    await t.send(a, id, 'one');
    await t.chat.putMember(t.as(a), id, late, 'member');
    await t.send(a, id, 'two');
    statements = [];
    const first = await read(a, id);
    expect(first.map(({ content }) => content)).toEqual([text('one'), text('two')]);
    expect([await read(a, id), await read(b, id)]).toEqual([first, first]);
    expect([count('chat-page'), count('chat-readers')]).toEqual([1, 3]);
    expect(await read(late, id)).toEqual(first.slice(1));
    expect(await read(a, id, { before: 2 })).toEqual(first.slice(0, 1));
    expect(count('chat-page')).toBe(3);
  });

  test('is no way past the right to read', async () => {
    const [a, b, stranger] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, 'private');
    await read(b, id);
    expect(await codeOf(t.chat.history(t.as(stranger), id, { limit: 10 }))).toBe('conversation.unknown');
    await t.chat.removeMember(t.as(a), id, b);
    expect(await codeOf(t.chat.history(t.as(b), id, { limit: 10 }))).toBe('conversation.unknown');
  });

  test.each<[string, (a: AccountId, id: ConversationId) => Promise<unknown>, object]>([
    ['an edit', (a, id) => t.chat.editMessage(t.as(a), id, 1, text('changed')), { content: text('changed') }],
    [
      'a reaction',
      (a, id) => t.chat.setReaction(t.as(a), id, 1, '👍', true),
      { reactions: expect.stringContaining('👍') },
    ],
    ['a pin', (a, id) => t.chat.setPinned(t.as(a), id, 1, true), { pinned: true }],
    ['a deletion', (a, id) => t.chat.deleteMessage(t.as(a), id, 1), { content: null }],
  ])('is read again after %s', async (_what, change, expected) => {
    const a = t.account();
    const id = await t.group(a, []);
    await t.send(a, id, 'first');
    await read(a, id);
    await change(a, id);
    expect(await read(a, id)).toMatchObject([{ seq: 1, ...expected }]);
  });

  test('holds the message that was sent since', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    for (let n = 1; n <= 3; n++) {
      await t.send(a, id, `number ${n}`);
      expect((await read(a, id, { limit: 2 })).at(-1)).toMatchObject({ seq: n, content: text(`number ${n}`) });
    }
  });
});

describe('many who ask at once', () => {
  test('have their rights read in one statement, and a page in one', async () => {
    const members = Array.from({ length: 20 }, () => t.account());
    const [a] = members as [AccountId];
    const id = await t.group(a, members.slice(1));
    const other = await t.group(members[1] as AccountId, []);
    await t.send(a, id, 'hello');
    const stranger = t.account();
    statements = [];
    const asked = await Promise.allSettled([
      ...members.map((member) => read(member, id)),
      read(stranger, id),
      read(members[1] as AccountId, other),
      read(a, other),
      read(a, createId()),
      read(a, 'no id' as ConversationId),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([
      ...members.map(() => 'fulfilled'),
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect([count('chat-readers'), count('chat-page')]).toEqual([1, 1]);
  });
});

describe('the cache', () => {
  const conversation = createId<ConversationId>();
  const page = [{ first: 1, last: 1 }];
  const openCache = (maxBytes: number) => {
    let asked = 0;
    const release: (() => void)[] = [];
    const rows = [{ conversation_id: conversation, seq: 1, rev: 1, content: text('x'.repeat(1_000)), reactions: '{}' }];
    const query = async () => {
      asked++;
      await new Promise<void>((resolve) => release.push(resolve));
      return rows;
    };
    const cache = createPageCache({ query } as unknown as Pick<Sql, 'query'>, maxBytes);
    const ask = async (moment: object = {}) => {
      const answer = cache.read({ conversation, epoch: 'e', lastRev: 1, ...moment }, page);
      for (const go of release.splice(0)) go();
      return await answer;
    };
    return { cache, ask, asked: () => asked, release };
  };

  test('tells the histories of a database apart, and moments of one', async () => {
    const { ask, asked } = openCache(100_000);
    for (const moment of [{}, {}, { epoch: 'f' }, { epoch: 'f', lastRev: 2 }, { epoch: 'f', lastRev: 2 }])
      await ask(moment);
    expect(asked()).toBe(3);
  });

  test('does not hand out what began to be read for an older moment', async () => {
    const { cache, asked, release } = openCache(100_000);
    const older = cache.read({ conversation, epoch: 'e', lastRev: 1 }, page);
    const newer = cache.read({ conversation, epoch: 'e', lastRev: 2 }, page);
    for (const go of release.splice(0)) go();
    await Promise.all([older, newer]);
    expect(asked()).toBe(2);
  });

  test('keeps nothing that is larger than itself', async () => {
    const { ask, asked } = openCache(1_000);
    await ask();
    await ask();
    expect(asked()).toBe(2);
  });

  test('forgets a read that failed', async () => {
    const errors = [new Error('away')];
    const query = async () => {
      const error = errors.pop();
      if (error) throw error;
      return [];
    };
    const cache = createPageCache({ query } as unknown as Pick<Sql, 'query'>, 1_000);
    const moment = { conversation, epoch: 'e', lastRev: 1 };
    await expect(cache.read(moment, page)).rejects.toThrow('away');
    expect(await cache.read(moment, page)).toEqual([]);
  });
});
