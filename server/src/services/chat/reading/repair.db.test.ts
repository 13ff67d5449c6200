import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { createContext } from '../../../kernel/context.ts';
import { type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat({ visibleWithinMs: 60_000 });
});
afterAll(() => t.close());

describe('repair', () => {
  test('continued from the rev it names, it tells every change after a rev', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(5), { maxLength: 25, size: 'max' }),
        fc.integer({ min: 1, max: 4 }),
        async (acts, limit) => {
          const [a, b] = [t.account(), t.account()];
          const id = await t.group(a, [b]);
          let sent = 0;
          let on = false;
          for (const act of acts) {
            on = !on;
            if (act <= 2 || sent === 0) sent = (await t.send(a, id, 'x')).seq;
            else if (act === 3) await t.chat.putMember(t.as(a), id, b, on ? 'admin' : 'member');
            else await t.chat.setReaction(t.as(a), id, (act % sent) + 1, '👍', on);
          }
          const ask = (rev: number, n: number) =>
            t.chat.repair(t.as(a), { conversation: id, rev, minRev: 0, limit: n });
          const whole = await ask(0, 1_000);
          const told = [];
          for (let rev = 0; rev < whole.head.lastRev; ) {
            const some = await ask(rev, limit);
            told.push(...some.messages, ...some.memberships);
            expect(some.rev).toBeGreaterThan(rev);
            rev = some.rev;
          }
          expect(told).toHaveLength(whole.messages.length + whole.memberships.length);
          expect(new Set(told.map((one) => JSON.stringify(one)))).toEqual(
            new Set([...whole.messages, ...whole.memberships].map((one) => JSON.stringify(one))),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test('waits for the rev that it was told of, and not for ever', async () => {
    const a = t.account();
    const id = await t.group(a, []);
    const waiting = t.chat.repair(t.as(a), { conversation: id, rev: 1, minRev: 2, limit: 10 });
    await t.send(a, id, 'x');
    expect((await waiting).messages).toMatchObject([{ seq: 1, rev: 2 }]);
    const hurried = createContext(t.as(a).principal, 'test', 150);
    expect(await codeOf(t.chat.repair(hurried, { conversation: id, rev: 1, minRev: 3, limit: 10 }))).toBe(
      'service.timeout',
    );
    const nowhere = { conversation: createId<ConversationId>(), rev: 0, minRev: 0, limit: 1 };
    expect(await codeOf(t.chat.repair(t.as(a), nowhere))).toBe('conversation.unknown');
  });

  test('a conversation that is not visible yet is waited for, until the deadline', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = createId<ConversationId>();
    const view = t.chat.viewFor(t.as(b), { conversation: id, user: b, minRev: 1 });
    const changes = t.chat.repair(t.as(a), { conversation: id, rev: 0, minRev: 1, limit: 10 });
    await t.group(a, [b], { id });
    expect(await view).toMatchObject({ id, role: 'member' });
    expect((await changes).memberships).toHaveLength(2);
    const hurried = createContext(t.as(a).principal, 'test', 150);
    const nowhere = { conversation: createId<ConversationId>(), user: a, minRev: 1 };
    expect(await codeOf(t.chat.viewFor(hurried, nowhere))).toBe('conversation.unknown');
  });

  test('a view for who has just joined, none for who may not see it', async () => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, []);
    const waiting = t.chat.viewFor(t.as(a), { conversation: id, user: b, minRev: 2 });
    await t.chat.putMember(t.as(a), id, b, 'member');
    expect(await waiting).toMatchObject({ id, role: 'member', lastRev: 2 });
    expect(await t.chat.viewFor(t.as(a), { conversation: id, user: c, minRev: 2 })).toBeNull();
  });
});

describe('for hubs', () => {
  test('summaries cover all conversations, and of the named ones those that were left', async () => {
    const [a, b] = [t.account(), t.account()];
    const stayed = await t.group(a, [b]);
    const left = await t.group(a, [b]);
    const foreign = await t.group(a, []);
    await t.send(a, left, 'x');
    await t.chat.removeMember(t.as(b), left, b);
    await t.send(a, left, 'y');
    const summaries = await t.chat.resumeSummaries(t.as(b), b, [left, stayed, foreign]);
    const by = new Map(summaries.map((summary) => [summary.conversation, summary]));
    expect(by.size).toBe(2);
    expect(by.get(stayed)).toMatchObject({ left: false, lastSeq: 0, lastRev: 1, unread: 0 });
    // nothing is told of what happened after they left
    expect(by.get(left)).toMatchObject({ left: true, lastSeq: 1, lastRev: 3, unread: 0 });
    expect(await t.chat.heads(t.as(b), [left])).toMatchObject([{ lastSeq: 2, lastRev: 4 }]);
  });
});
