import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const roles = async (viewer: AccountId, id: ConversationId) =>
  new Map((await t.chat.listMembers(t.as(viewer), id, { limit: 100 })).items.map((m) => [m.user, m.role]));
const texts = async (viewer: AccountId, id: ConversationId) =>
  (await t.chat.history(t.as(viewer), id, { limit: 200 })).items.map((m) => JSON.parse(m.content ?? '{}').text);

describe('joining', () => {
  test('history all opens what was before, since-join what comes after', async () => {
    for (const [history, seen] of [
      ['all', ['one', 'two']],
      ['since-join', ['two']],
    ] as const) {
      const [owner, late] = [t.account(), t.account()];
      const id = await t.group(owner, [], { history });
      await t.send(owner, id, 'one');
      expect(await t.chat.putMember(t.as(owner), id, late, 'member')).toMatchObject({
        created: true,
        member: { role: 'member', joinedSeq: history === 'all' ? 0 : 1, joinedRev: 3, rev: 3 },
      });
      await t.send(owner, id, 'two');
      expect(await texts(late, id)).toEqual(seen);
      expect((await t.chat.getConversation(t.as(late), id)).lastMessage?.seq).toBe(2);
    }
  });

  test('a member who was removed and added again sees both stays and not what was between', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member], { history: 'since-join' });
    await t.send(owner, id, 'first stay');
    await t.chat.removeMember(t.as(owner), id, member);
    await t.send(owner, id, 'away');
    expect(await codeOf(t.chat.history(t.as(member), id, { limit: 1 }))).toBe('conversation.unknown');
    expect(await codeOf(t.chat.getMessage(t.as(member), id, 1))).toBe('conversation.unknown');
    await t.chat.putMember(t.as(owner), id, member, 'member');
    expect((await t.chat.getConversation(t.as(member), id)).lastMessage?.seq).toBe(1);
    await t.send(owner, id, 'second stay');
    expect(await texts(member, id)).toEqual(['first stay', 'second stay']);
    expect(await codeOf(t.chat.getMessage(t.as(member), id, 2))).toBe('message.unknown');
    expect(await codeOf(t.chat.setReaction(t.as(member), id, 2, '👍', true))).toBe('message.unknown');
  });

  test('many are added in one change; who is in already keeps role and stay', async () => {
    const [owner, admin] = [t.account(), t.account()];
    const late = [t.account(), t.account(), t.account()];
    const id = await t.group(owner, [admin]);
    await t.chat.putMember(t.as(owner), id, admin, 'admin');
    const before = (await t.chat.getConversation(t.as(owner), id)).lastRev;
    const added = await t.chat.addMembers(t.as(admin), id, [...late, admin, ...late]);
    expect(added.map(({ user, role }) => [user, role])).toEqual([
      ...late.map((user) => [user, 'member']),
      [admin, 'admin'],
    ]);
    expect((await t.chat.getConversation(t.as(owner), id)).lastRev).toBe(before + 1);
    await t.chat.addMembers(t.as(admin), id, late);
    expect((await t.chat.getConversation(t.as(owner), id)).lastRev).toBe(before + 1);
    expect((await roles(owner, id)).size).toBe(5);
    const add = (by: AccountId, users: AccountId[]) => codeOf(t.chat.addMembers(t.as(by), id, users));
    expect(await add(late[0] as AccountId, [t.account()])).toBe('action.forbidden');
    expect(await add(t.account(), [t.account()])).toBe('conversation.forbidden');
    expect(await add(owner, [createId<AccountId>(), t.account()])).toBe('account.unknown');
    expect(await add(owner, [])).toBe('request.invalid');
    expect(await add(owner, ['nobody' as AccountId])).toBe('request.invalid');
    expect((await roles(owner, id)).size).toBe(5);
  });

  test('a public conversation is read by everybody and joined by oneself', async () => {
    const [owner, visitor] = [t.account(), t.account()];
    const id = await t.group(owner, [], { visibility: 'public', history: 'since-join' });
    await t.send(owner, id, 'open');
    expect(await texts(visitor, id)).toEqual(['open']);
    expect(await t.chat.getConversation(t.as(visitor), id)).toMatchObject({
      role: null,
      unread: 0,
      lastMessage: { seq: 1 },
    });
    expect(await codeOf(t.chat.setReaction(t.as(visitor), id, 1, '👍', true))).toBe('conversation.forbidden');
    expect(await codeOf(t.chat.putMember(t.as(visitor), id, visitor, 'admin'))).toBe('action.forbidden');
    expect((await t.chat.putMember(t.as(visitor), id, visitor, 'member')).created).toBe(true);
    expect((await t.chat.putMember(t.as(visitor), id, visitor, 'member')).created).toBe(false);
    await t.send(visitor, id, 'hello');
  });

  test('unknown accounts are named; a role that is held takes no rev', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    expect(await codeOf(t.chat.putMember(t.as(owner), id, createId<AccountId>(), 'member'))).toBe('account.unknown');
    expect(await t.chat.putMember(t.as(owner), id, member, 'member')).toMatchObject({
      created: false,
      member: { rev: 1 },
    });
    expect((await t.chat.getConversation(t.as(owner), id)).lastRev).toBe(1);
  });
});

describe('leaving', () => {
  test("the last owner's role passes to the longest-standing of the highest role, under the same rev", async () => {
    const [owner, first, admin, second] = [t.account(), t.account(), t.account(), t.account()];
    const id = await t.group(owner, [first, second]);
    await t.chat.putMember(t.as(owner), id, admin, 'admin');
    await t.chat.removeMember(t.as(owner), id, owner);
    expect(await roles(first, id)).toEqual(
      new Map([
        [first, 'member'],
        [admin, 'owner'],
        [second, 'member'],
      ]),
    );
    const changed = await t.chat.repair(t.as(first), { conversation: id, rev: 2, minRev: 3, limit: 10 });
    expect(new Map(changed.memberships.map((m) => [m.user, m.rev]))).toEqual(
      new Map([
        [owner, 3],
        [admin, 3],
      ]),
    );
    await t.chat.removeMember(t.as(admin), id, admin);
    expect((await roles(first, id)).get(first) ?? (await roles(first, id)).get(second)).toBe('owner');
  });

  test('the last owner cannot step down, one of two can', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    expect(await codeOf(t.chat.putMember(t.as(owner), id, owner, 'member'))).toBe('conversation.conflict');
    await t.chat.putMember(t.as(owner), id, member, 'owner');
    expect(await codeOf(t.chat.putMember(t.as(owner), id, owner, 'member'))).toBe('none');
    expect(await codeOf(t.chat.putMember(t.as(owner), id, owner, 'admin'))).toBe('action.forbidden');
  });

  test('removing who is no member is no error; rank decides the rest', async () => {
    const [owner, admin, member] = [t.account(), t.account(), t.account()];
    const id = await t.group(owner, [admin, member]);
    await t.chat.putMember(t.as(owner), id, admin, 'admin');
    expect(await codeOf(t.chat.removeMember(t.as(admin), id, owner))).toBe('action.forbidden');
    expect(await codeOf(t.chat.removeMember(t.as(member), id, admin))).toBe('action.forbidden');
    await t.chat.removeMember(t.as(admin), id, member);
    await t.chat.removeMember(t.as(admin), id, member);
    expect(await codeOf(t.chat.removeMember(t.as(member), id, member))).toBe('conversation.forbidden');
    expect((await t.chat.getConversation(t.as(owner), id)).lastRev).toBe(3);
  });

  test('removals and sends at once: no message of a removed member has a seq after their stay', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    const sends = Promise.allSettled(Array.from({ length: 60 }, (_, i) => t.send(member, id, `${i}`)));
    await t.chat.removeMember(t.as(owner), id, member);
    await sends;
    const [row] = await t.sql.query<{ left_seq: number; last_sent: number | null }>(
      `select s.left_seq, (select max(seq) from chat.messages where conversation_id = $1) as last_sent
       from chat.memberships s where s.conversation_id = $1 and s.user_id = $2`,
      [id, member],
    );
    expect(row?.last_sent ?? 0).toBe(row?.left_seq);
  });
});

describe('no conversation and somebody else’s answer alike', () => {
  test('reads with unknown, member-only acts with forbidden', async () => {
    const [owner, stranger] = [t.account(), t.account()];
    const real = await t.group(owner, []);
    await t.send(owner, real, 'x');
    const ctx = t.as(stranger);
    const me = stranger;
    for (const id of [real, createId<ConversationId>()]) {
      for (const read of [
        () => t.chat.getConversation(ctx, id),
        () => t.chat.history(ctx, id, { limit: 1 }),
        () => t.chat.getMessage(ctx, id, 1),
        () => t.chat.changes(ctx, id, { epoch: 'x', seq: 0 }, 1),
        () => t.chat.listMembers(ctx, id, { limit: 1 }),
        () => t.chat.listReceipts(ctx, id),
      ]) {
        expect(await codeOf(read())).toBe('conversation.unknown');
      }
      for (const act of [
        () => t.chat.updateConversation(ctx, id, { name: 'mine' }),
        () => t.chat.deleteConversation(ctx, id),
        () => t.chat.setPreferences(ctx, id, { archived: true }),
        () => t.chat.putMember(ctx, id, me, 'member'),
        () => t.chat.removeMember(ctx, id, owner),
        () => t.chat.editMessage(ctx, id, 1, '{"type":"text","text":"x"}'),
        () => t.chat.deleteMessage(ctx, id, 1),
        () => t.chat.setReaction(ctx, id, 1, '👍', true),
        () => t.chat.setPinned(ctx, id, 1, true),
        () => t.chat.putReceipt(ctx, id, { read: 1 }),
        () => t.chat.setTyping(ctx, id, true),
      ]) {
        expect(await codeOf(act())).toBe('conversation.forbidden');
      }
    }
  });
});

describe('settings', () => {
  test('admins change them, what is already so takes no rev, direct ones have none', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    const change = { name: 'New', topic: 'T', visibility: 'public' as const, history: 'since-join' as const };
    expect(await t.chat.updateConversation(t.as(owner), id, change)).toMatchObject({ ...change, lastRev: 2 });
    expect((await t.chat.updateConversation(t.as(owner), id, change)).lastRev).toBe(2);
    expect(await t.chat.updateConversation(t.as(owner), id, { topic: null })).toMatchObject({
      topic: null,
      lastRev: 3,
    });
    expect(await codeOf(t.chat.updateConversation(t.as(member), id, { name: 'x' }))).toBe('action.forbidden');
    expect(await codeOf(t.chat.updateConversation(t.as(owner), id, { name: ' ' }))).toBe('request.invalid');
    const { conversation } = await t.chat.createConversation(t.as(owner), { kind: 'direct', members: [member] });
    expect(await codeOf(t.chat.updateConversation(t.as(owner), conversation.id, { name: 'x' }))).toBe(
      'conversation.conflict',
    );
  });

  test('preferences are one’s own', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    await t.chat.setPreferences(t.as(member), id, { archived: true, mutedUntil: '2030-01-01T00:00:00+01:00' });
    await t.chat.setPreferences(t.as(member), id, { pinned: true, notify: 'mentions' });
    expect(await t.chat.getConversation(t.as(member), id)).toMatchObject({
      archived: true,
      pinned: true,
      notify: 'mentions',
      mutedUntil: '2029-12-31T23:00:00.000Z',
      preferencesVersion: 2,
    });
    await t.chat.setPreferences(t.as(member), id, { mutedUntil: null });
    expect(await t.chat.getConversation(t.as(member), id)).toMatchObject({
      ...{ archived: true, mutedUntil: null, preferencesVersion: 3 },
    });
    expect(await t.chat.getConversation(t.as(owner), id)).toMatchObject({
      ...{ archived: false, notify: 'all', preferencesVersion: 0 },
    });
    expect(await codeOf(t.chat.setPreferences(t.as(member), id, { mutedUntil: 'soon' }))).toBe('request.invalid');
    for (const mutedUntil of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-10:00', '+200000-01-01T00:00:00Z'])
      expect(await codeOf(t.chat.setPreferences(t.as(member), id, { mutedUntil }))).toBe('request.invalid');
  });

  test('a deleted conversation is gone for everybody', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member], { visibility: 'public' });
    await t.send(owner, id, 'x');
    expect(await codeOf(t.chat.deleteConversation(t.as(member), id))).toBe('action.forbidden');
    await t.chat.deleteConversation(t.as(owner), id);
    for (const user of [owner, member]) {
      expect(await codeOf(t.chat.getConversation(t.as(user), id))).toBe('conversation.unknown');
      expect((await t.chat.listConversations(t.as(user), { limit: 10 })).items).toEqual([]);
      expect(await t.chat.resumeSummaries(t.as(user), user, [id])).toMatchObject([
        { left: true, lastSeq: 1, lastRev: 3 },
      ]);
    }
    expect(await codeOf(t.send(member, id, 'y'))).toMatch(/forbidden/);
  });

  test('a deletion cut short by a crash has ended the conversation for all of its members', async () => {
    const [owner, member] = [t.account(), t.account()];
    const id = await t.group(owner, [member]);
    await t.send(owner, id, 'x');
    await t.sql.query('update chat.conversations set deleted_rev = 3, rev = 3 where id = $1', [id]);
    await t.sql.query('update chat.heads set last_rev = 3 where conversation_id = $1', [id]);
    expect(await t.chat.resumeSummaries(t.as(member), member, [id])).toMatchObject([
      { conversation: id, left: true, lastSeq: 1, lastRev: 3 },
    ]);
  });

  test('a deletion takes no rev that ends nobody', async () => {
    const owner = t.account();
    const id = await t.group(
      owner,
      Array.from({ length: 899 }, () => t.account()),
    );
    await t.chat.deleteConversation(t.as(owner), id);
    expect(await t.chat.heads(t.as(owner), [id])).toMatchObject([{ lastRev: 2 }]);
  });
});

test('the members of many conversations come in one call, each as its own list says', async () => {
  const [owner, ann, bob] = [t.account(), t.account(), t.account()] as const;
  const open = await t.group(owner, [ann, bob]);
  const small = await t.group(owner, []);
  const closed = await t.group(ann, [bob]);
  const ask = (limit: number, after?: string) => ({ limit, ...(after && { after }) });
  const first = await t.chat.listMembers(t.as(owner), open, { limit: 2 });
  const after = first.next as string;
  expect(
    await t.chat.listMembersOf(t.as(owner), [
      { id: closed, page: ask(9) },
      { id: open, page: ask(2) },
      { id: small, page: ask(1) },
      { id: open, page: ask(2, after) },
    ]),
  ).toEqual([
    { items: [], next: null },
    first,
    await t.chat.listMembers(t.as(owner), small, { limit: 1 }),
    await t.chat.listMembers(t.as(owner), open, { limit: 2, after }),
  ]);
  expect(await t.chat.listMembersOf(t.as(owner), [])).toEqual([]);
  const many = Array.from({ length: 201 }, () => ({ id: open, page: ask(1) }));
  expect(await codeOf(t.chat.listMembersOf(t.as(owner), many))).toBe('request.too_large');
});
