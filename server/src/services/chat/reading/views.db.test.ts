import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { unreadLimit } from './views.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat({ receiptWindowMs: 50 });
});
afterAll(() => t.close());

const counts = async (user: AccountId, id: ConversationId) => {
  const { unread, mentions, delivered, read } = await t.chat.getConversation(t.as(user), id);
  return { unread, mentions, delivered, read };
};

describe('unread', () => {
  test('counts what others sent after the mark, without deleted ones; mentions among them', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, '1');
    await t.send(b, id, '2 mine');
    await t.send(a, id, '3', { mentions: [b] });
    await t.send(a, id, '4');
    await t.send(a, id, '5', { mentions: [a, b] });
    expect(await counts(b, id)).toEqual({ unread: 4, mentions: 2, delivered: 0, read: 0 });
    await t.chat.putReceipt(t.as(b), id, { read: 3 });
    expect(await counts(b, id)).toEqual({ unread: 2, mentions: 1, delivered: 3, read: 3 });
    await t.chat.deleteMessage(t.as(a), id, 5);
    expect(await counts(b, id)).toEqual({ unread: 1, mentions: 0, delivered: 3, read: 3 });
    expect(await t.chat.resumeSummaries(t.as(b), b, [])).toMatchObject([{ conversation: id, unread: 1, left: false }]);
    expect((await counts(a, id)).unread).toBe(1);
  });

  test('begins with the stay, and stops counting at a thousand', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [], { history: 'since-join' });
    await t.send(a, id, 'before');
    await t.chat.putMember(t.as(a), id, b, 'member');
    expect(await counts(b, id)).toEqual({ unread: 0, mentions: 0, delivered: 1, read: 1 });
    await Promise.all(Array.from({ length: unreadLimit + 20 }, (_, i) => t.send(a, id, `${i}`)));
    expect((await counts(b, id)).unread).toBe(unreadLimit);
  });
});

describe('receipts', () => {
  test('only rise, are clamped to the head, and read is delivered too', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, '1');
    await t.send(a, id, '2');
    for (const marks of [{ delivered: 1 }, { read: 2 }, { read: 1 }, { delivered: 99 }, {}]) {
      await t.chat.putReceipt(t.as(b), id, marks);
    }
    expect(await t.chat.listReceipts(t.as(a), id)).toEqual([{ conversation: id, user: b, delivered: 2, read: 2 }]);
    for (const marks of [{ read: -1 }, { read: 1.5 }, { delivered: Number.NaN }]) {
      expect(await codeOf(t.chat.putReceipt(t.as(b), id, marks))).toBe('request.invalid');
    }
  });

  test('what changes nothing writes nothing', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, '1');
    const version = async () =>
      (await t.sql.query<{ x: string }>('select xmin::text as x from chat.receipts where user_id = $1', [b]))[0]?.x;
    await t.chat.putReceipt(t.as(b), id, {});
    expect(await version()).toBeUndefined();
    await t.chat.putReceipt(t.as(b), id, { read: 1 });
    await t.chat.listReceipts(t.as(b), id);
    const first = await version();
    expect(first).toBeDefined();
    await t.chat.putReceipt(t.as(b), id, { read: 1, delivered: 1 });
    await t.chat.listReceipts(t.as(b), id);
    expect(await version()).toBe(first);
  });

  test('many in a moment become two writes, and their author sees the last at once', async () => {
    const slow = await openChat({ receiptWindowMs: 3_600_000 });
    try {
      const [a, b] = [slow.account(), slow.account()];
      const id = await slow.group(a, [b]);
      for (let i = 0; i < 20; i++) await slow.send(a, id, `${i}`);
      await slow.sql.query('create table written (n int)');
      await slow.sql.query(`create function note() returns trigger language plpgsql
        as 'begin insert into written values (1); return null; end'`);
      await slow.sql.query(
        'create trigger note after insert or update on chat.receipts for each row execute function note()',
      );
      for (let seq = 1; seq <= 20; seq++) await slow.chat.putReceipt(slow.as(b), id, { read: seq });
      const written = async () => (await slow.sql.query<{ n: number }>('select count(*) as n from written'))[0]?.n;
      expect(await written()).toBe(1);
      expect((await slow.chat.getConversation(slow.as(b), id)).unread).toBe(0);
      expect(await written()).toBe(2);
      const own = await slow.group(b, [a], { id: createId<ConversationId>() });
      const read = async () => {
        await slow.send(a, own, 'x');
        await slow.chat.putReceipt(slow.as(b), own, { read: (await slow.send(a, own, 'y')).seq });
      };
      await read();
      await read();
      expect((await slow.chat.updateConversation(slow.as(b), own, { name: 'New' })).unread).toBe(0);
      await read();
      const again = { kind: 'group', id: own, members: [a] } as const;
      expect((await slow.chat.createConversation(slow.as(b), again)).conversation.unread).toBe(0);
    } finally {
      await slow.close();
    }
  });

  test('what was kept is written when the window ends', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    for (let i = 0; i < 3; i++) await t.send(a, id, `${i}`);
    await t.chat.putReceipt(t.as(b), id, { read: 1 });
    await t.chat.putReceipt(t.as(b), id, { read: 3 });
    const stored = async () =>
      (await t.sql.query<{ read: number }>('select read from chat.receipts where user_id = $1', [b]))[0]?.read;
    while ((await stored()) !== 3) await pause(5);
  });

  test('those who left are not listed, and strangers cannot put any', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = await t.group(a, [b]);
    await t.send(a, id, '1');
    await t.chat.putReceipt(t.as(b), id, { read: 1 });
    await t.chat.removeMember(t.as(b), id, b);
    expect(await t.chat.listReceipts(t.as(a), id)).toEqual([]);
    expect(await codeOf(t.chat.putReceipt(t.as(t.account()), id, { read: 1 }))).toBe('conversation.forbidden');
  });
});

describe('the list of conversations', () => {
  test('newest message first, in pages without repeats, each whole', async () => {
    const [me, other] = [t.account(), t.account()];
    const ids: ConversationId[] = [];
    for (let i = 0; i < 7; i++) ids.push(await t.group(me, [other], { name: `G${i}` }));
    const { conversation: direct } = await t.chat.createConversation(t.as(other), { kind: 'direct', members: [me] });
    await t.send(other, ids[2] as ConversationId, 'hello', { mentions: [me] });
    await t.send(me, direct.id, 'hi');
    const seen: ConversationId[] = [];
    for (let after: string | undefined; ; ) {
      const page = await t.chat.listConversations(t.as(me), { limit: 3, after });
      seen.push(...page.items.map((view) => view.id));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen)).toEqual(new Set([...ids, direct.id]));
    expect(seen[0]).toBe(direct.id);
    expect(seen[1]).toBe(ids[2]);
    const { items } = await t.chat.listConversations(t.as(me), { limit: 200 });
    expect(items[0]).toMatchObject({ peer: other, kind: 'direct', lastMessage: { seq: 1, sender: me } });
    expect(items[1]).toMatchObject({ name: 'G2', unread: 1, mentions: 1, role: 'owner', memberCount: 2 });
    expect(await codeOf(t.chat.listConversations(t.as(me), { limit: 3, after: 'nonsense' }))).toBe('request.invalid');
    expect(await codeOf(t.chat.listConversations(t.as(me), { limit: 0 }))).toBe('request.invalid');
  });
});
