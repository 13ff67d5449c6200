import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const listed = 7;

async function openGroups(owner: AccountId): Promise<readonly ConversationId[]> {
  const ids: ConversationId[] = [];
  for (let i = 0; i < listed; i++) {
    const id = await t.group(owner, []);
    await t.send(owner, id, `message ${i}`);
    ids.push(id);
  }
  return ids;
}

/** All pages from `after` on; `between` runs after each. */
async function readAll(user: AccountId, limit: number, between: (page: number) => Promise<void>, after?: string) {
  const pages: ConversationId[][] = [];
  for (let next: string | null | undefined = after; next !== null && pages.length < 50; ) {
    const page = await t.chat.listConversations(t.as(user), { limit, ...(next && { after: next }) });
    expect(page.cursors).toHaveLength(page.items.length);
    if (page.next !== null) expect(page.items).toHaveLength(limit);
    pages.push(page.items.map(({ id }) => id));
    await between(pages.length - 1);
    next = page.next;
  }
  return pages;
}

const nothing = async () => undefined;

describe('the list of conversations', () => {
  test('that stands still is listed once, the last active first', async () => {
    const a = t.account();
    const ids = await openGroups(a);
    for (const limit of [1, 3, listed, 200]) {
      expect((await readAll(a, limit, nothing)).flat()).toEqual([...ids].reverse());
    }
  });

  test('whatever moves between its pages holds everything that was there all the time', async () => {
    const moves = fc.array(fc.array(fc.nat(listed - 1), { maxLength: 3 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(moves, fc.integer({ min: 1, max: 4 }), async (afterPages, limit) => {
        const a = t.account();
        const ids = await openGroups(a);
        const moved = new Set<ConversationId>();
        const pages = await readAll(a, limit, async (page) => {
          for (const i of afterPages[page] ?? []) {
            moved.add(ids[i] as ConversationId);
            await t.send(a, ids[i] as ConversationId, 'up');
          }
        });
        const seen = pages.flat();
        expect(new Set(seen)).toEqual(new Set(ids));
        for (const id of ids) {
          const times = seen.filter((one) => one === id).length;
          expect(times).toBeLessThanOrEqual(moved.has(id) ? 2 : 1);
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test('holds what moved in a transaction that was under way with the first page, and has an older time', async () => {
    const a = t.account();
    const ids = await openGroups(a);
    const [slow] = ids;
    const session = await t.sql.session();
    await session.query('begin');
    await session.query('update chat.heads set last_at = clock_timestamp() where conversation_id = $1', [slow]);
    await t.send(a, ids[3] as ConversationId, 'newer');
    const pages = await readAll(a, 2, async (page) => {
      if (page === 0) await session.query('commit');
    });
    session.release();
    expect(new Set(pages.flat())).toEqual(new Set(ids));
  });

  test('goes on after any of its items', async () => {
    const a = t.account();
    const ids = await openGroups(a);
    const first = await t.chat.listConversations(t.as(a), { limit: 4 });
    await t.send(a, ids[0] as ConversationId, 'up');
    const rest = await readAll(a, 2, nothing, first.cursors[1]);
    expect(rest.flat()).toEqual([ids[4], ids[3], ids[2], ids[1], ids[0]]);
  });

  test('leaves out what ended between its pages', async () => {
    const a = t.account();
    const ids = await openGroups(a);
    const first = await t.chat.listConversations(t.as(a), { limit: 3 });
    await t.chat.deleteConversation(t.as(a), ids[1] as ConversationId);
    expect((await readAll(a, 3, nothing, first.next as string)).flat()).toEqual([ids[3], ids[2], ids[0]]);
  });

  test('takes no cursor but its own', async () => {
    const a = t.as(t.account());
    const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const [at, id] = [new Date().toISOString(), createId<ConversationId>()];
    const bad = [
      cursor(at, id),
      cursor(at, id, at, 1.5, ''),
      cursor(id, 'then', 1, ''),
      cursor(id, at, 1, 1),
      cursor(id, at, 1, '1,'),
      cursor(id, at, 1, '1, 2'),
      'x',
    ];
    for (const after of bad) {
      await expect(t.chat.listConversations(a, { limit: 2, after })).rejects.toMatchObject({ code: 'request.invalid' });
    }
    for (const next of [-1, 0, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect((await t.chat.listConversations(a, { limit: 2, after: cursor(id, at, next, '1,2') })).items).toEqual([]);
    }
  });
});
