import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const block = (owner: AccountId, blocked: AccountId, active = true) =>
  t.publish(topics.people, 'blocks', [{ after: { owner_id: owner, blocked_id: blocked, active } }]);

describe('the blocked', () => {
  test('are not told how far the blocker has read; everybody else is', async () => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    const id = await t.group(a, [b, c]);
    await t.send(c, id, 'hello');
    for (const reader of [a, b]) await t.chat.putReceipt(t.as(reader), id, { read: 1 });
    await block(a, b);
    const readers = async (as: AccountId) => (await t.chat.listReceipts(t.as(as), id)).map(({ user }) => user).sort();
    expect(await readers(b)).toEqual([b]);
    for (const other of [a, c]) expect(await readers(other)).toEqual([a, b].sort());
    await block(a, b, false);
    expect(await readers(b)).toEqual([a, b].sort());
  });

  test('in a direct conversation neither is told how far the other has read', async () => {
    const [a, b] = [t.account(), t.account()];
    const { conversation } = await t.chat.createConversation(t.as(a), { kind: 'direct', members: [b] });
    const { id } = conversation;
    await t.send(a, id, 'hello');
    for (const reader of [a, b]) await t.chat.putReceipt(t.as(reader), id, { read: 1 });
    const readers = async (as: AccountId) => (await t.chat.listReceipts(t.as(as), id)).map(({ user }) => user).sort();
    await block(a, b);
    expect([await readers(a), await readers(b)]).toEqual([[a], [b]]);
    await block(a, b, false);
    expect([await readers(a), await readers(b)]).toEqual([[a, b].sort(), [a, b].sort()]);
  });

  test.each(['group', 'channel'] as const)('adds the blocker to no %s, in whatever way', async (kind) => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    await block(a, b);
    const there = await t.group(b, [c], { kind });
    const ways = {
      create: () => t.chat.createConversation(t.as(b), { kind, members: [c, a] }),
      put: () => t.chat.putMember(t.as(b), there, a, 'reader'),
      add: () => t.chat.addMembers(t.as(b), there, [c, a]),
    };
    for (const way of Object.values(ways)) expect(await codeOf(way())).toBe('action.forbidden');
    expect((await t.chat.listMembers(t.as(b), there, { limit: 10 })).items).toHaveLength(2);
    expect((await t.chat.listConversations(t.as(a), { limit: 10 })).items).toEqual([]);
    await block(a, b, false);
    for (const way of Object.values(ways)) expect(await codeOf(way())).toBe('none');
  });

  test('is added by the blocker, and is named among those who are members already', async () => {
    const [a, b] = [t.account(), t.account()];
    await block(a, b);
    const id = await t.group(a, [b]);
    await t.chat.putMember(t.as(a), id, b, 'admin');
    expect(await codeOf(t.chat.addMembers(t.as(b), id, [a, b]))).toBe('none');
  });

  test('adds the blocker by no repeat of a creation either', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = createId<ConversationId>();
    await t.group(b, [], { id });
    await block(a, b);
    const many = Array.from({ length: 900 }, () => t.account());
    expect(await codeOf(t.chat.createConversation(t.as(b), { kind: 'group', id, members: [...many, a] }))).toBe('none');
    expect(await codeOf(t.chat.getConversation(t.as(a), id))).toBe('conversation.unknown');
  });
});

test('who was removed by somebody else comes back to a public conversation by being added; who left may rejoin', async () => {
  const [a, b] = [t.account(), t.account()];
  const id = await t.group(a, [], { visibility: 'public' });
  const join = () => codeOf(t.chat.putMember(t.as(b), id, b, 'member'));
  const joinAmongMany = () => codeOf(t.chat.addMembers(t.as(b), id, [b]));
  expect(await join()).toBe('none');
  await t.chat.removeMember(t.as(b), id, b);
  expect(await joinAmongMany()).toBe('none');
  await t.chat.removeMember(t.as(a), id, b);
  expect([await join(), await joinAmongMany()]).toEqual(['action.forbidden', 'action.forbidden']);
  await t.chat.addMembers(t.as(a), id, [b]);
  await t.chat.removeMember(t.as(b), id, b);
  expect(await join()).toBe('none');
});
