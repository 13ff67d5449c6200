import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../kernel/errors.ts';
import { hasRole, type Role } from '../../../model/conversation.ts';
import { decidePut, decideRemove, type MembershipQuestion } from './decide-membership.ts';

const roles: readonly Role[] = ['reader', 'member', 'admin', 'owner'];
const group: MembershipQuestion = {
  kind: 'group',
  visibility: 'private',
  actor: 'owner',
  present: null,
  self: false,
};

function answer(work: () => void): string {
  try {
    work();
    return 'yes';
  } catch (thrown) {
    return (thrown as Failure).code;
  }
}

describe('decidePut', () => {
  test('nobody gives a role above their own, and only admins and owners act on others', () => {
    for (const actor of roles) {
      for (const present of [null, ...roles]) {
        for (const wanted of roles) {
          const allowed =
            hasRole(actor, 'admin') && hasRole(actor, wanted) && (present === null || hasRole(actor, present));
          expect(answer(() => decidePut({ ...group, actor, present }, wanted))).toBe(
            allowed ? 'yes' : 'action.forbidden',
          );
        }
      }
    }
  });

  test('everybody may step down, nobody may step up', () => {
    for (const actor of roles) {
      for (const wanted of roles) {
        const expected = hasRole(actor, wanted) ? 'yes' : 'action.forbidden';
        expect(answer(() => decidePut({ ...group, actor, present: actor, self: true }, wanted))).toBe(expected);
      }
    }
  });

  test('joining: public ones only, oneself only, as a newcomer', () => {
    const outside: MembershipQuestion = { ...group, visibility: 'public', actor: null, self: true };
    expect(answer(() => decidePut(outside, 'member'))).toBe('yes');
    expect(answer(() => decidePut(outside, 'admin'))).toBe('action.forbidden');
    expect(answer(() => decidePut({ ...outside, kind: 'channel' }, 'reader'))).toBe('yes');
    expect(answer(() => decidePut({ ...outside, kind: 'channel' }, 'member'))).toBe('action.forbidden');
    expect(answer(() => decidePut({ ...outside, visibility: 'private' }, 'member'))).toBe('conversation.forbidden');
    expect(answer(() => decidePut({ ...outside, self: false }, 'member'))).toBe('conversation.forbidden');
  });

  test('a direct conversation keeps its members', () => {
    const direct: MembershipQuestion = { ...group, kind: 'direct', actor: 'member' };
    expect(answer(() => decidePut(direct, 'member'))).toBe('conversation.conflict');
    expect(answer(() => decideRemove({ ...direct, self: true }))).toBe('conversation.conflict');
    expect(answer(() => decidePut({ ...direct, actor: null, self: true }, 'member'))).toBe('conversation.forbidden');
  });
});

test('decideRemove: oneself always, others by rank, strangers never', () => {
  for (const actor of roles) {
    expect(answer(() => decideRemove({ ...group, actor, present: actor, self: true }))).toBe('yes');
    for (const present of roles) {
      const allowed = hasRole(actor, 'admin') && hasRole(actor, present);
      expect(answer(() => decideRemove({ ...group, actor, present }))).toBe(allowed ? 'yes' : 'action.forbidden');
    }
  }
  expect(answer(() => decideRemove({ ...group, actor: null }))).toBe('conversation.forbidden');
});
