import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Message } from '../../../model/message.ts';
import type { Backlog } from '../api.ts';

const answerBytes = 3_000;
const largest = 2_000;
let t: TestChat;
beforeAll(async () => {
  t = await openChat({ answerBytes });
});
afterAll(() => t.close());

const bytesOf = (items: readonly Message[]) =>
  items.reduce((sum, { content, reactions }) => sum + Buffer.byteLength(content ?? '') + reactions.length, 0);

/** A conversation with messages of these sizes, some of which have changed since. */
async function write(sizes: readonly number[]): Promise<{ owner: AccountId; id: ConversationId; epoch: string }> {
  const owner = t.account();
  const id = await t.group(owner, []);
  for (const size of sizes) await t.send(owner, id, 'ä'.repeat(1 + size / 2));
  for (const [index, size] of sizes.entries()) {
    if (size % 3 === 0) await t.chat.setPinned(t.as(owner), id, index + 1, true);
    if (size % 7 === 0) await t.chat.deleteMessage(t.as(owner), id, index + 1);
  }
  return { owner, id, epoch: (await t.chat.getConversation(t.as(owner), id)).epoch };
}

const sizes = fc.array(fc.nat(largest), { minLength: 1, maxLength: 12 });

/** Follows the answers to their end; each is within its size, but for one message. */
async function follow(
  bytes: number,
  ask: (seq: number, rev: number) => Promise<Pick<Backlog, 'items' | 'seq' | 'rev' | 'continuity'>>,
): Promise<readonly Message[]> {
  const told: Message[] = [];
  for (let [seq, rev] = [0, 0]; ; ) {
    const page = await ask(seq, rev);
    // the last one taken may go beyond; which it was is not seen in the order of revs
    expect(bytesOf(page.items) - Math.max(...page.items.map((item) => bytesOf([item])))).toBeLessThan(bytes);
    told.push(...page.items);
    if (page.continuity === 'kept') return told;
    expect(page.seq).toBeGreaterThan(seq);
    [seq, rev] = [page.seq, page.rev];
  }
}

test('changes come in answers of bounded size, each once', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async (each) => {
      const { owner, id, epoch } = await write(each);
      const told = await follow(answerBytes, (seq, rev) => t.chat.changes(t.as(owner), id, { epoch, seq, rev }, 500));
      const { items } = await t.chat.history(t.as(owner), id, { limit: 200 });
      expect([...told].sort((a, b) => (a.seq as number) - (b.seq as number))).toEqual(items);
    }),
    { numRuns: 15 },
  );
});

test('backlogs of many share the size, and who stands together shares the page', async () => {
  const { owner, id, epoch } = await write(Array.from({ length: 12 }, () => 601));
  const other = await write(Array.from({ length: 12 }, () => 601));
  const at = (seq: number, rev: number) => ({ conversation: id, user: owner, position: { epoch, seq, rev } });
  const elsewhere = { conversation: other.id, user: other.owner, position: { epoch: other.epoch, seq: 0, rev: 0 } };
  const told = await follow(answerBytes / 2, async (seq, rev) => {
    const [first, same, third] = await t.chat.backlogs(t.as(owner), [at(seq, rev), at(seq, rev), elsewhere]);
    expect(same).toEqual(first);
    expect(third?.items.map((item) => item.seq)).toEqual([1, 2, 3]);
    return first as Backlog;
  });
  expect(told.map((item) => item.seq)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

test('a repair comes in answers of bounded size, complete up to the rev that each names', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), async (each, limit) => {
      const { owner, id } = await write(each);
      const ben = t.account();
      await t.chat.putMember(t.as(owner), id, ben, 'member');
      await t.send(owner, id, 'last');
      const ask = (rev: number) => t.chat.repair(t.as(owner), { conversation: id, rev, minRev: 0, limit });
      const messages: Message[] = [];
      const users: AccountId[] = [];
      for (let rev = 0, end = 1; rev < end; ) {
        const page = await ask(rev);
        expect(bytesOf(page.messages.slice(0, -1))).toBeLessThan(answerBytes);
        expect(page.rev).toBeGreaterThan(rev);
        for (const row of [...page.messages, ...page.memberships]) {
          expect(row.rev).toBeGreaterThan(rev);
          expect(row.rev).toBeLessThanOrEqual(page.rev);
        }
        messages.push(...page.messages);
        users.push(...page.memberships.map((row) => row.user));
        [rev, end] = [page.rev, page.head.lastRev];
      }
      const { items } = await t.chat.history(t.as(owner), id, { limit: 200 });
      expect(messages).toEqual([...items].sort((a, b) => (a.rev as number) - (b.rev as number)));
      expect(users).toEqual([owner, ben]);
    }),
    { numRuns: 15 },
  );
});
