import fc, { type Arbitrary } from 'fast-check';
import { type AccountId, createId, type SessionId } from '../../src/kernel/ids.ts';
import type { Role } from '../../src/model/conversation.ts';
import type { Action, ActionFacts, Actor, Decide, Decision, Standing } from '../../src/ports/policy.ts';

/** Questions as chat asks them: facts that contradict each other are not among them. */
export interface Question<A extends Action = Action> {
  readonly action: A;
  readonly actor: Actor;
  readonly facts: ActionFacts[A];
}

export const roles: readonly Role[] = ['reader', 'member', 'admin', 'owner'];
export const shared = ['group', 'channel'] as const;

const self = createId<AccountId>();
const other = createId<AccountId>();

export const actor: Arbitrary<Actor> = fc.record({
  account: fc.constant(self),
  session: fc.constantFrom(null, createId<SessionId>()),
  admin: fc.boolean(),
});

/** What is fixed of the standing; the rest is random. */
export type Fixed = Partial<Standing>;

export function standing(fixed: Fixed = {}): Arbitrary<Standing> {
  const all = fc.record<Standing>({
    kind: fc.constantFrom('direct', ...shared),
    visibility: fc.constantFrom('private', 'public'),
    role: fc.constantFrom(null, ...roles),
    blocked: fc.boolean(),
  });
  return all.map((facts) => {
    const given = { ...facts, ...fixed };
    return given.kind === 'direct' ? { ...given, visibility: 'private' } : { ...given, blocked: false };
  });
}

const role = fc.constantFrom(...roles);
const message = fc.constantFrom(null, { sender: self }, { sender: other });
const sender = fc.constantFrom(self, other);

/** Of the actor's own account the role is the actor's. */
function targetOf(facts: Standing, isSelf: boolean, foreign: Role | null) {
  return isSelf && facts.role !== null ? { account: self, role: facts.role } : { account: other, role: foreign };
}

type FactsOf = { readonly [A in Action]: (fixed?: Fixed) => Arbitrary<ActionFacts[A]> };

const draft = (fixed?: Fixed) => fc.record({ s: standing(fixed), sender }).map(({ s, sender }) => ({ ...s, sender }));
const about = (fixed?: Fixed) =>
  fc.record({ s: standing(fixed), message }).map((d) => ({ ...d.s, message: d.message }));
const nobodyYet = (fixed?: Fixed) => standing({ ...fixed, role: null });

export const factsOf: FactsOf = {
  create: (fixed) =>
    fc
      .record({ s: nobodyYet(fixed), blocksActor: fc.boolean() })
      .map(({ s, blocksActor }) => ({ ...s, blocksActor: blocksActor && s.kind !== 'direct' })),
  send: draft,
  sendEphemeral: draft,
  setTyping: standing,
  editMessage: about,
  deleteMessage: about,
  setReaction: about,
  setPinned: about,
  updateSettings: standing,
  deleteConversation: standing,
  join: (fixed) =>
    fc
      .record({ s: nobodyYet(fixed), wanted: role, removed: fc.boolean() })
      .map(({ s, wanted, removed }) => ({ ...s, wanted, removed })),
  addMember: (fixed) =>
    fc
      .record({
        ...{ s: standing(fixed), isSelf: fc.boolean(), present: fc.option(role), wanted: role },
        blocksActor: fc.boolean(),
      })
      .map(({ s, isSelf, present, wanted, blocksActor }) => {
        const target = targetOf(s, isSelf, present);
        return { ...s, target, wanted, blocksActor: blocksActor && target.role === null };
      }),
  putRole: (fixed) =>
    fc
      .record({ s: standing(fixed), isSelf: fc.boolean(), present: role, wanted: role, lastOwner: fc.boolean() })
      .map(({ s, isSelf, present, wanted, lastOwner }) => {
        const target = targetOf(s, isSelf, present);
        const isOnly = lastOwner && target.role === 'owner' && (target.account === self || s.role !== 'owner');
        return { ...s, target, wanted, lastOwner: isOnly };
      }),
  removeMember: (fixed) =>
    fc
      .record({ s: standing(fixed), present: fc.option(role) })
      .map(({ s, present }) => ({ ...s, target: { account: other, role: present } })),
  leave: standing,
};

export const actions = Object.keys(factsOf) as readonly Action[];

/** About one of the actions, with so much of the standing fixed. */
export function question<A extends Action>(asked: readonly A[], fixed?: Fixed): Arbitrary<Question<A>> {
  return fc
    .constantFrom(...asked)
    .chain((action) => fc.record<Question<A>>({ action: fc.constant(action), actor, facts: factsOf[action](fixed) }));
}

export function ask<A extends Action>(decide: Decide, { action, actor: who, facts }: Question<A>): Decision {
  return decide(action, who, facts);
}

/** The same question by an actor of this role. */
export function withRole<A extends Action>(asked: Question<A>, role: Role | null): Question<A> {
  const facts = { ...asked.facts, role };
  const isAboutSelf = 'target' in facts && facts.target.account === self;
  return { ...asked, facts: isAboutSelf ? { ...facts, target: { account: self, role } } : facts };
}

export const isOwn = (account: AccountId | undefined): boolean => account === self;
