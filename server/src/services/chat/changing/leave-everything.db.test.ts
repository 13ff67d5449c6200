import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const at = '2026-01-31T12:00:00.000Z';
const change = (id: AccountId, deleted_at: string | null) =>
  t.publish(topics.identity, 'accounts', [{ op: 'u', after: { id, username: id, name: '', deleted_at } }]);

test('a deleted account leaves every group, the last owner passes the role on, and coming twice changes nothing', async () => {
  const [a, b, c] = [t.account(), t.account(), t.account()];
  const owned = await t.group(a, [b, c]);
  await t.chat.putMember(t.as(a), owned, c, 'admin');
  const joined = await t.group(b, [a]);
  const alone = await t.group(a, []);
  await t.send(a, owned, 'stays');
  await change(a, null);
  expect((await t.chat.getConversation(t.as(b), owned)).memberCount).toBe(3);
  await change(a, at);
  const view = await t.chat.getConversation(t.as(b), owned);
  await change(a, at);
  expect((await t.chat.getConversation(t.as(b), owned)).lastRev).toBe(view.lastRev);
  const roles = async (id: typeof owned) =>
    (await t.chat.listMembers(t.as(b), id, { limit: 10 })).items.map(({ user, role }) => [user, role]);
  expect(Object.fromEntries(await roles(owned))).toEqual({ [b]: 'member', [c]: 'owner' });
  expect(Object.fromEntries(await roles(joined))).toEqual({ [b]: 'owner' });
  expect((await t.chat.history(t.as(b), owned, { limit: 10 })).items).toMatchObject([{ sender: a }]);
  expect(await codeOf(t.chat.getConversation(t.as(a), alone))).toBe('conversation.unknown');
});

test('a deleted account is added to nothing; its direct conversations are read and take nothing', async () => {
  const [a, b] = [t.account(), t.account()];
  const { conversation } = await t.chat.createConversation(t.as(b), { kind: 'direct', members: [a] });
  await t.send(a, conversation.id, 'hello');
  const group = await t.group(b, []);
  await change(a, at);
  const ways = [
    () => t.chat.putMember(t.as(b), group, a, 'member'),
    () => t.chat.addMembers(t.as(b), group, [a]),
    () => t.chat.createConversation(t.as(b), { kind: 'group', members: [a] }),
    () => t.chat.createConversation(t.as(b), { kind: 'direct', members: [a] }),
  ];
  for (const way of ways) expect(await codeOf(way())).toBe('account.unknown');
  await expect(t.send(b, conversation.id, 'x')).rejects.toThrow('action.forbidden');
  expect(await codeOf(t.chat.setTyping(t.as(b), conversation.id, true))).toBe('action.forbidden');
  expect(await codeOf(t.chat.setReaction(t.as(b), conversation.id, 1, '👍', true))).toBe('action.forbidden');
  expect((await t.chat.history(t.as(b), conversation.id, { limit: 10 })).items).toHaveLength(1);
});
