import { describe, expect, test } from 'vitest';
import type { AccountId } from '../../../kernel/ids.ts';
import { hasRole, type Role } from '../../../model/conversation.ts';
import type { Action, ActionFacts, Actor, Decision } from '../../../ports/policy.ts';
import { decide, ruleNames } from './decide.ts';

const [ann, bob] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];
const actor: Actor = { account: ann, session: null, admin: false };
const roles: readonly Role[] = ['reader', 'member', 'admin', 'owner'];

const group = { kind: 'group', visibility: 'private', role: 'member', blocked: false } as const;
const channel = { ...group, kind: 'channel' } as const;
const direct = { ...group, kind: 'direct' } as const;
const blocked = { ...direct, blocked: true } as const;
const outside = { ...group, role: null } as const;
const open = { ...outside, visibility: 'public' } as const;
const reader = { ...group, role: 'reader' } as const;
const admin = { ...group, role: 'admin' } as const;
const owner = { ...group, role: 'owner' } as const;

const mine = { message: { sender: ann } };
const theirs = { message: { sender: bob } };
const none = { message: null };
const unblocked = { blocksActor: false };
const by = (sender: AccountId) => ({ sender });
const onSelf = (role: Role) => ({ target: { account: ann, role } });
const onOther = (role: Role | null) => ({ target: { account: bob, role } });

/** The name of the rule that refuses; 'yes' where none does. */
const answer = (decision: Decision): string => (decision.allowed ? 'yes' : decision.rule);

function row<A extends Action>(action: A, facts: ActionFacts[A], expected: string) {
  return { action, facts, expected, ask: () => decide(action, actor, facts) };
}

const table = [
  row('create', { ...outside, ...unblocked }, 'yes'),
  row('create', { ...direct, role: null, ...unblocked }, 'yes'),
  row('create', { ...blocked, role: null, ...unblocked }, 'not-blocked'),
  row('create', { ...outside, blocksActor: true }, 'blockers-are-not-added'),

  row('send', { ...group, ...by(ann) }, 'yes'),
  row('send', { ...channel, role: 'member', ...by(ann) }, 'yes'),
  row('send', { ...outside, ...by(ann) }, 'members-only'),
  row('send', { ...open, ...by(ann) }, 'members-only'),
  row('send', { ...reader, ...by(ann) }, 'readers-listen'),
  row('send', { ...blocked, ...by(ann) }, 'not-blocked'),
  row('send', { ...blocked, role: 'reader', ...by(ann) }, 'readers-listen'),
  row('send', { ...outside, ...by(bob) }, 'own-name'),
  row('sendEphemeral', { ...group, ...by(ann) }, 'yes'),
  row('sendEphemeral', { ...group, ...by(bob) }, 'own-name'),
  row('sendEphemeral', { ...outside, ...by(ann) }, 'members-only'),
  row('sendEphemeral', { ...reader, ...by(ann) }, 'readers-listen'),
  row('sendEphemeral', { ...blocked, ...by(ann) }, 'not-blocked'),
  row('setTyping', group, 'yes'),
  row('setTyping', outside, 'members-only'),
  row('setTyping', reader, 'readers-listen'),
  row('setTyping', blocked, 'not-blocked'),

  row('editMessage', { ...group, ...mine }, 'yes'),
  row('editMessage', { ...reader, ...mine }, 'readers-listen'),
  row('editMessage', { ...owner, ...theirs }, 'senders-edit'),
  row('editMessage', { ...open, ...mine }, 'members-only'),
  row('editMessage', { ...open, ...none }, 'members-only'),
  row('editMessage', { ...blocked, ...mine }, 'not-blocked'),
  row('editMessage', { ...blocked, ...theirs }, 'senders-edit'),
  row('editMessage', { ...blocked, ...none }, 'message-known'),
  row('deleteMessage', { ...reader, ...mine }, 'yes'),
  row('deleteMessage', { ...blocked, ...mine }, 'yes'),
  row('deleteMessage', { ...group, ...theirs }, 'senders-and-admins-delete'),
  row('deleteMessage', { ...admin, ...theirs }, 'yes'),
  row('deleteMessage', { ...admin, ...none }, 'message-known'),
  row('deleteMessage', { ...open, ...mine }, 'members-only'),
  row('setReaction', { ...reader, ...theirs }, 'yes'),
  row('setReaction', { ...reader, ...none }, 'message-known'),
  row('setReaction', { ...blocked, ...theirs }, 'not-blocked'),
  row('setReaction', { ...open, ...theirs }, 'members-only'),
  row('setPinned', { ...admin, ...theirs }, 'yes'),
  row('setPinned', { ...direct, ...theirs }, 'yes'),
  row('setPinned', { ...blocked, ...theirs }, 'not-blocked'),
  row('setPinned', { ...group, ...mine }, 'admins-pin'),
  row('setPinned', { ...group, ...none }, 'admins-pin'),
  row('setPinned', { ...admin, ...none }, 'message-known'),
  row('setPinned', { ...open, ...none }, 'members-only'),

  row('updateSettings', admin, 'yes'),
  row('updateSettings', group, 'admins-change-settings'),
  row('updateSettings', direct, 'direct-has-no-settings'),
  row('updateSettings', { ...direct, role: null }, 'members-only'),
  row('deleteConversation', owner, 'yes'),
  row('deleteConversation', admin, 'owners-delete'),
  row('deleteConversation', direct, 'direct-is-not-deleted'),
  row('deleteConversation', open, 'members-only'),

  row('join', { ...open, wanted: 'member', removed: false }, 'yes'),
  row('join', { ...open, wanted: 'reader', removed: false }, 'yes'),
  row('join', { ...open, wanted: 'admin', removed: false }, 'as-newcomer'),
  row('join', { ...open, kind: 'channel', wanted: 'reader', removed: false }, 'yes'),
  row('join', { ...open, kind: 'channel', wanted: 'member', removed: false }, 'as-newcomer'),
  row('join', { ...outside, wanted: 'owner', removed: false }, 'public-is-joined'),
  row('join', { ...direct, role: null, wanted: 'member', removed: false }, 'public-is-joined'),
  row('join', { ...open, wanted: 'member', removed: true }, 'removed-are-added'),
  row('join', { ...outside, wanted: 'member', removed: true }, 'public-is-joined'),
  row('addMember', { ...admin, ...onOther(null), wanted: 'member', blocksActor: true }, 'blockers-are-not-added'),
  row('addMember', { ...group, ...onOther(null), wanted: 'member', blocksActor: true }, 'admins-change-members'),
  row('addMember', { ...outside, ...onOther(null), wanted: 'member', ...unblocked }, 'members-only'),
  row('addMember', { ...open, ...onOther(null), wanted: 'member', ...unblocked }, 'members-only'),
  row('addMember', { ...admin, ...onOther(null), wanted: 'member', ...unblocked }, 'yes'),
  row('addMember', { ...admin, ...onOther('owner'), wanted: 'member', ...unblocked }, 'yes'),
  row('addMember', { ...admin, ...onOther(null), wanted: 'owner', ...unblocked }, 'no-role-above-own'),
  row('addMember', { ...group, ...onOther(null), wanted: 'member', ...unblocked }, 'admins-change-members'),
  row('addMember', { ...group, ...onSelf('member'), wanted: 'member', ...unblocked }, 'yes'),
  row('addMember', { ...reader, ...onSelf('reader'), wanted: 'member', ...unblocked }, 'no-role-above-own'),
  row('addMember', { ...direct, ...onOther(null), wanted: 'member', ...unblocked }, 'direct-keeps-members'),
  row('putRole', { ...direct, ...onSelf('member'), wanted: 'reader', lastOwner: false }, 'direct-keeps-members'),
  row('putRole', { ...owner, ...onSelf('owner'), wanted: 'admin', lastOwner: true }, 'last-owner-stays'),
  row('putRole', { ...owner, ...onSelf('owner'), wanted: 'admin', lastOwner: false }, 'yes'),
  row('putRole', { ...owner, ...onSelf('owner'), wanted: 'owner', lastOwner: true }, 'yes'),
  row('putRole', { ...admin, ...onOther('owner'), wanted: 'member', lastOwner: true }, 'no-higher-target'),
  row('removeMember', { ...open, ...onOther('member') }, 'members-only'),
  row('removeMember', { ...direct, ...onOther('member') }, 'direct-is-not-left'),
  row('removeMember', { ...group, ...onOther(null) }, 'admins-change-members'),
  row('removeMember', { ...admin, ...onOther(null) }, 'yes'),
  row('leave', reader, 'yes'),
  row('leave', owner, 'yes'),
  row('leave', direct, 'direct-is-not-left'),
  row('leave', open, 'members-only'),
];

describe('decide', () => {
  test.each(table)('$action $facts: $expected', ({ ask, expected }) => expect(answer(ask())).toBe(expected));

  test('the table has each rule, and each rule one answer', () => {
    const told = new Map<string, Set<string>>();
    for (const { ask } of table) {
      const decision = ask();
      if (decision.allowed) continue;
      const { rule, code, detail = '' } = decision;
      told.set(rule, (told.get(rule) ?? new Set()).add(`${code} ${detail}`));
    }
    expect(new Set(told.keys())).toEqual(ruleNames);
    expect(Object.fromEntries([...told].map(([rule, texts]) => [rule, [...texts].join(' | ')]))).toEqual({
      'not-blocked': 'action.forbidden One of you has blocked the other, or has deleted their account.',
      'members-only': 'conversation.forbidden ',
      'public-is-joined': 'conversation.forbidden ',
      'readers-listen': 'action.forbidden Readers cannot send to this conversation.',
      'own-name': 'actor.mismatch ',
      'removed-are-added': 'action.forbidden You were removed from this conversation: somebody has to add you.',
      'blockers-are-not-added': 'action.forbidden You may not add somebody who has blocked you.',
      'senders-edit': 'action.forbidden Only its sender may edit a message.',
      'message-known': 'message.unknown ',
      'senders-and-admins-delete': 'action.forbidden Only its sender and admins may delete a message.',
      'admins-pin': 'action.forbidden Only admins and owners pin messages.',
      'admins-change-settings': 'action.forbidden Only admins and owners change settings.',
      'direct-has-no-settings': 'conversation.conflict A direct conversation has no settings.',
      'owners-delete': 'action.forbidden Only owners delete a conversation.',
      'direct-is-not-deleted': 'conversation.conflict A direct conversation cannot be deleted.',
      'as-newcomer':
        'action.forbidden You may join this group as member. | action.forbidden You may join this channel as reader.',
      'no-role-above-own': 'action.forbidden You may not give a role above your own.',
      'admins-change-members': 'action.forbidden Only admins and owners change the members.',
      'direct-keeps-members': 'conversation.conflict The members of a direct conversation are fixed.',
      'last-owner-stays': 'conversation.conflict The last owner cannot step down: make somebody else an owner first.',
      'no-higher-target': 'action.forbidden This member has a higher role than you.',
      'direct-is-not-left': 'conversation.conflict A direct conversation cannot be left: archive it.',
    });
  });
});

describe('members', () => {
  test('nobody gives a role above their own, and only admins and owners act on others', () => {
    for (const role of roles) {
      for (const present of roles) {
        for (const wanted of roles) {
          const mayGive = hasRole(role, 'admin') && hasRole(role, wanted);
          const put = decide('putRole', actor, { ...group, role, ...onOther(present), wanted, lastOwner: false });
          expect(put.allowed).toBe(mayGive && hasRole(role, present));
          expect(decide('addMember', actor, { ...group, role, ...onOther(null), wanted, ...unblocked }).allowed).toBe(
            mayGive,
          );
        }
      }
    }
  });

  test('everybody may step down, nobody may step up', () => {
    for (const role of roles) {
      for (const wanted of roles) {
        const put = decide('putRole', actor, { ...group, role, ...onSelf(role), wanted, lastOwner: false });
        expect(put.allowed).toBe(hasRole(role, wanted));
      }
    }
  });

  test('others are removed by rank', () => {
    for (const role of roles) {
      for (const present of roles) {
        const removed = decide('removeMember', actor, { ...group, role, ...onOther(present) });
        expect(removed.allowed).toBe(hasRole(role, 'admin') && hasRole(role, present));
      }
    }
  });
});
