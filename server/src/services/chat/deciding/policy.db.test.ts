import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId, MessageId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { Action, Actor, Decide, Standing } from '../../../ports/policy.ts';
import type { AppendResult } from '../api.ts';
import { decide as sound } from './decide.ts';

/** A policy that notes what it is asked, and refuses what it is told to. */
const asked: { action: Action; actor: Actor; facts: Standing }[] = [];
let refusing: Action | null = null;
const decide: Decide = (action, actor, facts) => {
  asked.push({ action, actor, facts });
  if (action !== refusing) return sound(action, actor, facts);
  return { allowed: false, rule: 'not-today', code: 'action.forbidden', detail: 'Not today.' };
};

let t: TestChat;
beforeAll(async () => {
  t = await openChat({}, undefined, { decide });
});
beforeEach(() => {
  asked.length = 0;
  refusing = null;
});
afterAll(() => t.close());

const text = (said: string) => JSON.stringify({ type: 'text', text: said });
const draft = (conversation: ConversationId, sender: AccountId): Draft => ({
  ...{ id: 'e1' as MessageId, conversation, sender, session: null, admin: false },
  ...{ content: text('x'), hash: '', attachment: null, replyTo: null, thread: null, mentions: [] },
});

interface Place {
  readonly id: ConversationId;
  readonly owner: AccountId;
  readonly member: AccountId;
  readonly outsider: AccountId;
}

/** Every way to act in a conversation in which each may do it, and who does it. */
const acts: { readonly [A in Action]: (place: Place) => Promise<unknown> } = {
  create: ({ owner }) => t.group(owner, []),
  send: ({ id, owner }) => t.chat.append(t.as(owner), [draft(id, owner)]).then(([result]) => throwRefused(result)),
  sendEphemeral: ({ id, owner }) => t.chat.sendEphemeral(t.as(owner), draft(id, owner)),
  setTyping: ({ id, owner }) => t.chat.setTyping(t.as(owner), id, true),
  editMessage: ({ id, owner }) => t.chat.editMessage(t.as(owner), id, 1, text('y')),
  deleteMessage: ({ id, owner }) => t.chat.deleteMessage(t.as(owner), id, 1),
  setReaction: ({ id, owner }) => t.chat.setReaction(t.as(owner), id, 1, '👍', true),
  setPinned: ({ id, owner }) => t.chat.setPinned(t.as(owner), id, 1, true),
  updateSettings: ({ id, owner }) => t.chat.updateConversation(t.as(owner), id, { name: 'N' }),
  deleteConversation: ({ id, owner }) => t.chat.deleteConversation(t.as(owner), id),
  join: ({ id, outsider }) => t.chat.putMember(t.as(outsider), id, outsider, 'member'),
  addMember: ({ id, owner, outsider }) => t.chat.putMember(t.as(owner), id, outsider, 'member'),
  putRole: ({ id, owner, member }) => t.chat.putMember(t.as(owner), id, member, 'admin'),
  removeMember: ({ id, owner, member }) => t.chat.removeMember(t.as(owner), id, member),
  leave: ({ id, member }) => t.chat.removeMember(t.as(member), id, member),
};

/** What `append` returns as others throw. */
function throwRefused(result: AppendResult | undefined): void {
  if (result && 'code' in result) throw fail(result.code, result.detail);
}

async function openPlace(): Promise<Place> {
  const [owner, member, outsider] = [t.account(), t.account(), t.account()];
  const id = await t.group(owner, [member], { visibility: 'public' });
  await t.send(owner, id, 'first');
  asked.length = 0;
  return { id, owner, member, outsider };
}

for (const action of Object.keys(acts) as Action[]) {
  test(`${action} is decided once by the policy, as the conversation stands to who acts`, async () => {
    const place = await openPlace();
    await acts[action](place);
    const outsider = action === 'join' || action === 'create';
    const role = outsider ? null : action === 'leave' ? 'member' : 'owner';
    const account = action === 'join' ? place.outsider : action === 'leave' ? place.member : place.owner;
    expect(asked).toMatchObject([{ action, actor: { account, admin: false }, facts: { kind: 'group', role } }]);
    expect(asked[0]?.facts.visibility).toBe(action === 'create' ? 'private' : 'public');
  });

  test(`${action}: what the policy refuses is refused with its words, and nothing is written or told`, async () => {
    const place = await openPlace();
    refusing = action;
    const [conversations, told] = [await countConversations(), t.routed.length];
    await expect(acts[action](place)).rejects.toMatchObject({ code: 'action.forbidden', message: 'Not today.' });
    expect(await countConversations()).toBe(conversations);
    expect(t.routed).toHaveLength(told);
    expect(await t.chat.getConversation(t.as(place.owner), place.id)).toMatchObject({ lastSeq: 1, lastRev: 2 });
  });
}

test('many are added by one call, each decided on', async () => {
  const { id, owner, member, outsider } = await openPlace();
  await t.chat.addMembers(t.as(owner), id, [member, outsider]);
  expect(asked).toMatchObject([
    { action: 'addMember', facts: { target: { account: member, role: 'member' }, wanted: 'member' } },
    { action: 'addMember', facts: { target: { account: outsider, role: null }, wanted: 'member' } },
  ]);
  refusing = 'addMember';
  await expect(t.chat.addMembers(t.as(owner), id, [outsider])).rejects.toMatchObject({ code: 'action.forbidden' });
});

test('an append of many is decided for the principal of each draft', async () => {
  const { id, owner, member } = await openPlace();
  const session = t.as(member).principal!.session;
  const drafts = [draft(id, owner), { ...draft(id, member), session, admin: true }];
  await t.chat.append(t.as(owner), drafts);
  expect(asked.map(({ actor }) => actor)).toEqual([
    { account: owner, session: null, admin: false },
    { account: member, session, admin: true },
  ]);
});

async function countConversations(): Promise<number> {
  const [row] = await t.sql.query<{ count: number }>('select count(*) as count from chat.conversations');
  return row?.count ?? 0;
}
