import assert from 'node:assert/strict';
import fc, { type Arbitrary } from 'fast-check';
import { errorTable } from '../../src/kernel/errors.ts';
import { hasRole, newcomerRole, type Role } from '../../src/model/conversation.ts';
import type { Action, Decide, Decision } from '../../src/ports/policy.ts';
import { actions, ask, isOwn, type Question, question, roles, shared, withRole } from './questions.ts';

export interface PolicySubject {
  readonly decide: Decide;
  /** The names that its refusals may bear. */
  readonly rules: ReadonlySet<string>;
}

/** One property of ports/policy. `check` throws when the policy lacks it. */
export interface PolicyProperty {
  readonly name: string;
  check(subject: PolicySubject): void;
}

const numRuns = 1_000;

/** Holds for every question that `when` lets through. */
function forAll<A extends Action>(
  arbitrary: Arbitrary<Question<A>>,
  decide: Decide,
  hold: (question: Question<A>, decision: Decision) => void,
): void {
  const check = fc.property(arbitrary, (asked) => hold(asked, ask(decide, asked)));
  fc.assert(check, { numRuns });
}

const refused = (asked: Question, decision: Decision): void =>
  assert.equal(decision.allowed, false, `${asked.action} must be refused`);
const permitted = (asked: Question, decision: Decision): void =>
  assert.equal(decision.allowed, true, `${asked.action} must be allowed`);

const joining: readonly Action[] = ['create', 'join'];
const asMember = actions.filter((action) => !joining.includes(action));
const members = [null, ...roles] as const;
const sharedKind = fc.constantFrom(...shared);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

export const policyProperties: readonly PolicyProperty[] = [
  {
    name: 'every refusal names a known rule and a known code',
    check({ decide, rules }) {
      forAll(question(actions), decide, (_, decision) => {
        if (decision.allowed) return;
        assert.ok(rules.has(decision.rule), `there is no rule "${decision.rule}"`);
        assert.ok(Object.hasOwn(errorTable, decision.code), `there is no code "${decision.code}"`);
        assert.notEqual(decision.detail, '');
      });
    },
  },
  {
    name: 'the same question has the same answer, and is left as it was',
    check({ decide }) {
      forAll(question(actions).map(deepFreeze), decide, (asked, first) => {
        assert.deepEqual(ask(decide, asked), first);
      });
    },
  },
  {
    name: 'a higher role may do whatever a lower one may',
    check({ decide }) {
      const pairs = fc.record({ asked: question(asMember), role: fc.constantFrom(...members) });
      const check = fc.property(pairs, ({ asked, role }) => {
        if (members.indexOf(role) <= members.indexOf(asked.facts.role)) return;
        if (ask(decide, asked).allowed) permitted(asked, ask(decide, withRole(asked, role)));
      });
      fc.assert(check, { numRuns });
    },
  },
  {
    name: 'a blocked direct conversation takes nothing',
    check({ decide }) {
      const taken = [
        'create',
        'send',
        'sendEphemeral',
        'setTyping',
        'editMessage',
        'setReaction',
        'setPinned',
      ] as const;
      forAll(question(taken, { kind: 'direct', blocked: true }), decide, refused);
    },
  },
  {
    name: 'an outsider of a private conversation may do nothing, and is told nothing about it',
    check({ decide }) {
      const asked = actions.filter((action) => action !== 'create');
      const outside = fc.constantFrom(...asked).chain((action) => {
        const one = question([action], { role: null, visibility: 'private' });
        return fc.tuple(one, one).filter(([a, b]) => isNamedAlike(a, b));
      });
      const check = fc.property(outside, ([one, same]) => {
        refused(one, ask(decide, one));
        assert.deepEqual(toldBy(ask(decide, one)), toldBy(ask(decide, same)));
      });
      fc.assert(check, { numRuns });
    },
  },
  {
    name: 'an outsider of a public conversation may join and nothing else',
    check({ decide }) {
      forAll(question(asMember, { role: null, visibility: 'public' }), decide, refused);
    },
  },
  {
    name: 'joining gives the role of newcomers or a lower one, to everybody whom nobody has removed',
    check({ decide }) {
      const open = sharedKind.chain((kind) => question(['join'], { kind, visibility: 'public' }));
      forAll(open, decide, (asked, decision) => {
        const { kind, wanted, removed } = asked.facts;
        if (removed) return refused(asked, decision);
        assert.equal(decision.allowed, hasRole(newcomerRole(kind), wanted));
      });
    },
  },
  {
    name: 'nobody gives a role above their own: only owners make owners',
    check({ decide }) {
      forAll(question(['addMember', 'putRole']), decide, ({ facts }, decision) => {
        if (decision.allowed) assert.ok(isAtLeast(facts.role, facts.wanted), `${facts.role} gave ${facts.wanted}`);
      });
    },
  },
  {
    name: 'nobody adds somebody who has blocked them',
    check({ decide }) {
      const asked = question(['create', 'addMember']).filter(({ facts }) => facts.blocksActor);
      forAll(asked, decide, refused);
    },
  },
  {
    name: 'below admins nobody acts on other members',
    check({ decide }) {
      forAll(question(['addMember', 'putRole', 'removeMember']), decide, ({ facts }, decision) => {
        if (decision.allowed && !isOwn(facts.target.account)) assert.ok(isAtLeast(facts.role, 'admin'));
      });
    },
  },
  {
    name: 'nobody acts on a member of higher role',
    check({ decide }) {
      forAll(question(['putRole', 'removeMember']), decide, ({ facts }, decision) => {
        if (decision.allowed && facts.target.role) assert.ok(isAtLeast(facts.role, facts.target.role));
      });
    },
  },
  {
    name: 'the last owner stays one',
    check({ decide }) {
      const last = question(['putRole']).filter(({ facts }) => facts.lastOwner && facts.wanted !== 'owner');
      forAll(last, decide, refused);
    },
  },
  {
    name: 'nobody speaks in the name of another',
    check({ decide }) {
      forAll(question(['send', 'sendEphemeral']), decide, ({ facts }, decision) => {
        if (decision.allowed) assert.ok(isOwn(facts.sender));
      });
    },
  },
  {
    name: 'readers send nothing',
    check({ decide }) {
      forAll(question(['send', 'sendEphemeral', 'setTyping', 'editMessage'], { role: 'reader' }), decide, refused);
    },
  },
  {
    name: 'a message is edited by its sender, and deleted by its sender and by admins',
    check({ decide }) {
      forAll(question(['editMessage', 'deleteMessage']), decide, ({ action, facts }, decision) => {
        if (!decision.allowed || isOwn(facts.message?.sender)) return;
        assert.equal(action, 'deleteMessage');
        assert.ok(isAtLeast(facts.role, 'admin'));
      });
    },
  },
  {
    name: 'nothing is done to a message that is not there',
    check({ decide }) {
      const onMessages = question(['editMessage', 'deleteMessage', 'setReaction', 'setPinned']);
      const absent = onMessages.map((asked) => ({ ...asked, facts: { ...asked.facts, message: null } }));
      forAll(absent, decide, refused);
    },
  },
  {
    name: 'in a group or channel admins pin and change settings, owners delete it, and nobody below',
    check({ decide }) {
      const ruling = ['setPinned', 'updateSettings', 'deleteConversation'] as const;
      const asked = sharedKind.chain((kind) => question(ruling, { kind }));
      forAll(asked, decide, ({ action, facts }, decision) => {
        if (decision.allowed) assert.ok(isAtLeast(facts.role, action === 'deleteConversation' ? 'owner' : 'admin'));
      });
    },
  },
  {
    name: 'a direct conversation keeps its members and has no settings',
    check({ decide }) {
      const fixed = ['join', 'addMember', 'putRole', 'removeMember', 'leave'] as const;
      const asked = question([...fixed, 'updateSettings', 'deleteConversation'], { kind: 'direct' });
      forAll(asked, decide, refused);
    },
  },
  {
    name: 'an owner of a group or channel may do everything in it',
    check({ decide }) {
      const asked = sharedKind.chain((kind) => question(asMember, { kind, role: 'owner' }));
      forAll(asked.filter(isPlain), decide, permitted);
    },
  },
  {
    name: 'members take part: readers react, leave and step down, the others send and edit besides',
    check({ decide }) {
      const listening = ['setReaction', 'leave', 'putRole', 'deleteMessage'] as const;
      const speaking = [...listening, 'send', 'sendEphemeral', 'setTyping', 'editMessage'] as const;
      const asked = fc
        .record({ kind: sharedKind, role: fc.constantFrom(...roles) })
        .chain((fixed) => question(fixed.role === 'reader' ? listening : speaking, fixed));
      forAll(asked.filter(isPlain).filter(isSteppingDown), decide, permitted);
    },
  },
  {
    name: 'the two of a direct conversation may begin it, send, react and pin, unless one has blocked the other',
    check({ decide }) {
      const asked = ['create', 'send', 'setReaction', 'setPinned', 'editMessage'] as const;
      const direct = question(asked, { kind: 'direct', role: 'member', blocked: false });
      forAll(direct.filter(isPlain), decide, permitted);
    },
  },
];

const isAtLeast = (role: Role | null, needed: Role): boolean => role !== null && hasRole(role, needed);

/** What the caller learns. */
function toldBy(decision: Decision): object {
  if (decision.allowed) return { allowed: true };
  const { code, detail } = decision;
  return { code, detail };
}

/** The drafts of both are in the same name: that one is told at once. */
function isNamedAlike(one: Question, same: Question): boolean {
  return ('sender' in one.facts && one.facts.sender) === ('sender' in same.facts && same.facts.sender);
}

/** In the actor's own name, about a message of their own, and of no last owner. */
function isPlain({ facts }: Question): boolean {
  if ('sender' in facts) return isOwn(facts.sender);
  if ('message' in facts) return isOwn(facts.message?.sender);
  if ('blocksActor' in facts && facts.blocksActor) return false;
  return !('lastOwner' in facts && facts.lastOwner);
}

function isSteppingDown({ facts }: Question): boolean {
  return (
    !('wanted' in facts) || !('target' in facts) || (isOwn(facts.target.account) && isAtLeast(facts.role, facts.wanted))
  );
}
