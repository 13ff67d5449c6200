import type { Action, ActionFacts, Decide, Decision } from '../../../ports/policy.ts';
import type { Rule } from './rules.ts';
import * as rules from './rules.ts';

/** In the order in which they are asked: the first that refuses is the answer. What must not be told comes after who may know. */
const rulesOf: { readonly [A in Action]: readonly Rule<ActionFacts[A]>[] } = {
  create: [rules.notBlocked, rules.blockersAreNotAdded],
  send: [rules.ownName, rules.membersOnly, rules.readersListen, rules.notBlocked],
  sendEphemeral: [rules.ownName, rules.membersOnly, rules.readersListen, rules.notBlocked],
  setTyping: [rules.membersOnly, rules.readersListen, rules.notBlocked],
  editMessage: [rules.membersOnly, rules.messageKnown, rules.sendersEdit, rules.readersListen, rules.notBlocked],
  deleteMessage: [rules.membersOnly, rules.messageKnown, rules.sendersAndAdminsDelete],
  setReaction: [rules.membersOnly, rules.messageKnown, rules.notBlocked],
  setPinned: [rules.membersOnly, rules.adminsPin, rules.messageKnown, rules.notBlocked],
  updateSettings: [rules.membersOnly, rules.directHasNoSettings, rules.adminsChangeSettings],
  deleteConversation: [rules.membersOnly, rules.directIsNotDeleted, rules.ownersDelete],
  join: [
    rules.publicIsJoined,
    rules.removedAreAdded,
    rules.asNewcomer('group'),
    rules.asNewcomer('channel'),
    rules.directKeepsMembers,
  ],
  addMember: [
    rules.membersOnly,
    rules.directKeepsMembers,
    rules.noRoleAboveOwn,
    rules.adminsChangeMembers,
    rules.blockersAreNotAdded,
  ],
  putRole: [
    rules.membersOnly,
    rules.directKeepsMembers,
    rules.noRoleAboveOwn,
    rules.adminsChangeMembers,
    rules.noHigherTarget,
    rules.lastOwnerStays,
  ],
  removeMember: [rules.membersOnly, rules.directIsNotLeft, rules.adminsChangeMembers, rules.noHigherTarget],
  leave: [rules.membersOnly, rules.directIsNotLeft],
};

/** The names of all rules. */
export const ruleNames: ReadonlySet<string> = new Set(
  Object.values(rulesOf).flatMap((list: readonly { refusal: { rule: string } }[]) =>
    list.map(({ refusal }) => refusal.rule),
  ),
);

const allowed: Decision = { allowed: true };

/**
 * Who may do what in a conversation: the one place where chat decides it. Another policy may be handed in with ChatDeps and
 * CommitterDeps; it is asked at the same places.
 */
export const decide: Decide = (action, actor, facts) => {
  for (const { refuses, refusal } of rulesOf[action]) if (refuses(facts, actor)) return refusal;
  return allowed;
};
