import type { AccountId } from '../../src/kernel/ids.ts';
import { hasRole } from '../../src/model/conversation.ts';
import type { Action, ActionFacts, Actor, Decide, Decision } from '../../src/ports/policy.ts';

/** Every fact that some action has. */
type AnyFacts = ActionFacts['setTyping'] &
  Partial<
    ActionFacts['putRole'] &
      ActionFacts['join'] &
      ActionFacts['addMember'] &
      ActionFacts['send'] &
      ActionFacts['editMessage']
  >;
type Break = (action: Action, facts: AnyFacts, actor: Actor, sound: (facts: AnyFacts) => Decision) => Decision;

const yes: Decision = { allowed: true };
const no: Decision = { allowed: false, rule: 'members-only', code: 'action.forbidden' };

/** Ways a policy can be wrong, to prove that the suite notices. Each answers some questions otherwise than the sound one. */
export const policyFaults = {
  'a rule without a name': (_, facts, __, sound) => ({ ...sound(facts), rule: '' }),
  'a code of its own': (_, facts, __, sound) => ({ ...sound(facts), code: 'conversation.closed' as never }),
  'answers that change': (() => {
    let asked = 0;
    return (_, facts, __, sound) => (++asked % 7 === 0 ? no : sound(facts));
  })(),
  'facts that are written': (_, facts, __, sound) => {
    Object.assign(facts, { role: null });
    return sound(facts);
  },
  'admins may do less than members': (action, facts, _, sound) =>
    action === 'leave' && facts.role === 'admin' ? no : sound(facts),
  'a block stops sends only': (action, facts, _, sound) =>
    action === 'editMessage' ? sound({ ...facts, blocked: false }) : sound(facts),
  'outsiders delete what is their own': (action, facts, actor, sound) =>
    action === 'deleteMessage' && facts.message?.sender === actor.account ? yes : sound(facts),
  'outsiders hear that it is direct': (action, facts, _, sound) =>
    action === 'leave' && facts.kind === 'direct' ? { ...no, code: 'conversation.conflict' } : sound(facts),
  'everybody may react in public': (action, facts, _, sound) =>
    action === 'setReaction' && facts.visibility === 'public' ? yes : sound(facts),
  'one joins as admin': (action, facts, _, sound) =>
    action === 'join' ? sound({ ...facts, wanted: 'reader' }) : sound(facts),
  'the removed come back': (action, facts, _, sound) =>
    action === 'join' ? sound({ ...facts, removed: false }) : sound(facts),
  'the blocked add': (action, facts, _, sound) =>
    action === 'addMember' ? sound({ ...facts, blocksActor: false }) : sound(facts),
  'nobody joins': (action, facts, _, sound) => (action === 'join' ? no : sound(facts)),
  'admins make owners': (action, facts, _, sound) =>
    action === 'putRole' && facts.role === 'admin' ? sound({ ...facts, role: 'owner' }) : sound(facts),
  'members add others': (action, facts, _, sound) =>
    action === 'addMember' && facts.role === 'member' && facts.wanted !== 'owner'
      ? sound({ ...facts, role: 'admin' })
      : sound(facts),
  'admins remove owners': (action, facts, _, sound) =>
    action === 'removeMember' && facts.role === 'admin' ? sound({ ...facts, role: 'owner' }) : sound(facts),
  'the last owner steps down': (action, facts, _, sound) =>
    action === 'putRole' ? sound({ ...facts, lastOwner: false }) : sound(facts),
  'the named sender is believed': (action, facts, actor, sound) =>
    action === 'sendEphemeral' ? sound({ ...facts, sender: actor.account }) : sound(facts),
  'readers type': (action, facts, _, sound) =>
    action === 'setTyping' && facts.role === 'reader' ? sound({ ...facts, role: 'member' }) : sound(facts),
  'admins edit for others': (action, facts, actor, sound) =>
    action === 'editMessage' && facts.message && facts.role && hasRole(facts.role, 'admin')
      ? sound({ ...facts, message: { sender: actor.account } })
      : sound(facts),
  'tombstones are pinned': (action, facts, _, sound) =>
    action === 'setPinned' ? sound({ ...facts, message: { sender: '' as AccountId } }) : sound(facts),
  'admins delete the conversation': (action, facts, _, sound) =>
    action === 'deleteConversation' && facts.role === 'admin' ? sound({ ...facts, role: 'owner' }) : sound(facts),
  'direct ones are left': (action, facts, _, sound) =>
    action === 'leave' ? sound({ ...facts, kind: 'group' }) : sound(facts),
  'owners cannot change settings': (action, facts, _, sound) => (action === 'updateSettings' ? no : sound(facts)),
  'readers cannot react': (action, facts, _, sound) =>
    action === 'setReaction' && facts.role === 'reader' ? no : sound(facts),
  'nobody pins in a direct one': (action, facts, _, sound) =>
    action === 'setPinned' && facts.kind === 'direct' ? no : sound(facts),
} satisfies Record<string, Break>;

export type PolicyFault = keyof typeof policyFaults;

export function breakPolicy(sound: Decide, fault: PolicyFault): Decide {
  const answer: Break = policyFaults[fault];
  return (action, actor, facts) => answer(action, facts, actor, (given) => sound(action, actor, given as typeof facts));
}
