import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { topics } from '../../../ports/bus.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const block = (owner: AccountId, blocked: AccountId, active: boolean) =>
  t.publish(topics.people, 'blocks', [{ after: { owner_id: owner, blocked_id: blocked, active } }]);

describe('direct', () => {
  test('both sides at once meet in one conversation', async () => {
    const [a, b] = [t.account(), t.account()];
    const made = await Promise.all(
      [a, b, a, b].map((me) => t.chat.createConversation(t.as(me), { kind: 'direct', members: [me === a ? b : a] })),
    );
    expect(new Set(made.map((one) => one.conversation.id)).size).toBe(1);
    expect(made.filter((one) => one.created)).toHaveLength(1);
    const [view] = made;
    expect(view?.conversation).toMatchObject({
      kind: 'direct',
      lastSeq: 0,
      lastRev: 1,
      role: 'member',
      memberCount: 2,
    });
    expect(made.map((one) => one.conversation.peer)).toEqual([b, a, b, a]);
    const members = await t.chat.membershipsOf(t.as(a), [a, b]);
    expect(members).toHaveLength(2);
    for (const member of members) expect(member).toMatchObject({ joinedSeq: 0, joinedRev: 1, rev: 1, leftRev: null });
  });

  test('notes to oneself have one member', async () => {
    const me = t.account();
    const { conversation } = await t.chat.createConversation(t.as(me), { kind: 'direct', members: [me] });
    expect(conversation).toMatchObject({ memberCount: 1, peer: null });
    expect(await t.send(me, conversation.id, 'remember')).toMatchObject({ seq: 1, rev: 2 });
  });

  test('a block either way forbids the beginning, and lifting it allows it', async () => {
    const [a, b] = [t.account(), t.account()];
    await block(b, a, true);
    const begin = (me: AccountId, other: AccountId) =>
      codeOf(t.chat.createConversation(t.as(me), { kind: 'direct', members: [other] }));
    expect(await begin(a, b)).toBe('action.forbidden');
    expect(await begin(b, a)).toBe('action.forbidden');
    await block(b, a, false);
    expect(await begin(a, b)).toBe('none');
  });

  test('needs exactly one other and takes no settings', async () => {
    const [a, b, c] = [t.account(), t.account(), t.account()];
    const make = (request: object) =>
      codeOf(t.chat.createConversation(t.as(a), { kind: 'direct', members: [b], ...request }));
    expect(await make({ members: [] })).toBe('request.invalid');
    expect(await make({ members: [b, c] })).toBe('request.invalid');
    expect(await make({ name: 'x' })).toBe('request.invalid');
    expect(await make({ visibility: 'public' })).toBe('request.invalid');
    expect(await make({ members: [createId<AccountId>()] })).toBe('account.unknown');
  });
});

describe('group and channel', () => {
  test('the creator owns it, the others join as member or reader', async () => {
    const [a, b] = [t.account(), t.account()];
    const roles = async (kind: 'group' | 'channel') => {
      const { conversation } = await t.chat.createConversation(t.as(a), { kind, name: 'N', members: [b, b, a] });
      const { items } = await t.chat.listMembers(t.as(b), conversation.id, { limit: 10 });
      return new Map(items.map((member) => [member.user, member.role]));
    };
    expect(await roles('group')).toEqual(
      new Map([
        [a, 'owner'],
        [b, 'member'],
      ]),
    );
    expect(await roles('channel')).toEqual(
      new Map([
        [a, 'owner'],
        [b, 'reader'],
      ]),
    );
  });

  test('the same id again finds the first one; somebody else gets a conflict', async () => {
    const [a, b] = [t.account(), t.account()];
    const id = createId<ConversationId>();
    const make = (me: AccountId, kind: 'group' | 'channel' = 'group') =>
      t.chat.createConversation(t.as(me), { kind, id, members: [] });
    expect((await make(a)).created).toBe(true);
    expect(await make(a)).toMatchObject({ created: false, conversation: { id } });
    expect(await codeOf(make(b))).toBe('conversation.conflict');
    expect(await codeOf(make(a, 'channel'))).toBe('conversation.conflict');
  });

  test('bad requests say what is wrong', async () => {
    const a = t.account();
    const make = (request: object) =>
      codeOf(t.chat.createConversation(t.as(a), { kind: 'group', members: [], ...request }));
    expect(await make({ name: '' })).toBe('request.invalid');
    expect(await make({ name: 'x\u0000' })).toBe('request.invalid');
    expect(await make({ name: 'x'.repeat(201) })).toBe('request.invalid');
    expect(await make({ id: 'nope' })).toBe('request.invalid');
    expect(await make({ members: [createId<AccountId>()] })).toBe('account.unknown');
    expect(await make({ members: Array.from({ length: 1_001 }, () => t.account()) })).toBe('request.invalid');
  });

  test('a thousand members join, in transactions of less than a thousand rows', async () => {
    const owner = t.account();
    const members = Array.from({ length: 1_000 }, () => t.account());
    const id = await t.group(owner, members);
    const view = await t.chat.getConversation(t.as(members[999] as AccountId), id);
    expect(view).toMatchObject({ memberCount: 1_001, lastRev: 2 });
    const sizes = await t.sql.query<{ n: number }>(
      'select count(*) as n from chat.memberships where conversation_id = $1 group by xmin',
      [id],
    );
    expect(Math.max(...sizes.map((row) => row.n))).toBeLessThan(1_000);
    await t.chat.deleteConversation(t.as(owner), id);
    expect(await t.chat.membershipsOf(t.as(owner), [owner, ...members])).toEqual([]);
  });

  test('a repeat brings in the members that a crash left out, and nobody who has been removed', async () => {
    const owner = t.account();
    const id = createId<ConversationId>();
    const members = Array.from({ length: 1_000 }, () => t.account());
    await t.group(owner, members, { id });
    // as if the process had died after the first transaction
    await t.sql.query('delete from chat.memberships where conversation_id = $1 and joined_rev = 2', [id]);
    await t.sql.query('update chat.heads set last_rev = 1 where conversation_id = $1', [id]);
    await t.group(owner, members, { id });
    const view = () => t.chat.getConversation(t.as(owner), id);
    expect(await view()).toMatchObject({ memberCount: 1_001, lastRev: 2 });
    await t.chat.removeMember(t.as(owner), id, members[999] as AccountId);
    await t.group(owner, members, { id });
    expect(await view()).toMatchObject({ memberCount: 1_000, lastRev: 3 });
  });

  test('a full storage refuses', async () => {
    const a = t.account();
    t.storage.isFull = true;
    expect(await codeOf(t.chat.createConversation(t.as(a), { kind: 'group', members: [] }))).toBe('storage.full');
    t.storage.isFull = false;
  });
});
