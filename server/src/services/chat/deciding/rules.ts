import type { ErrorCode } from '../../../kernel/errors.ts';
import { type ConversationKind, hasRole, newcomerRole, type Role } from '../../../model/conversation.ts';
import type {
  Actor,
  AddFacts,
  CreateFacts,
  DraftFacts,
  JoinFacts,
  MemberFacts,
  MessageFacts,
  Refusal,
  RoleFacts,
  Standing,
  WantedFacts,
} from '../../../ports/policy.ts';

/** One reason to refuse, for every action whose facts tell enough. */
export interface Rule<F extends Standing> {
  readonly refusal: Refusal;
  readonly refuses: (facts: F, actor: Actor) => boolean;
}

function createRule<F extends Standing>(
  rule: string,
  code: ErrorCode,
  detail: string | null,
  refuses: Rule<F>['refuses'],
): Rule<F> {
  return { refusal: { allowed: false, rule, code, ...(detail !== null && { detail }) }, refuses };
}

const hasAtLeast = (role: Role | null, needed: Role): boolean => role !== null && hasRole(role, needed);
const isOther = (facts: MemberFacts, actor: Actor): boolean => facts.target.account !== actor.account;
const isDirect = ({ kind }: Standing): boolean => kind === 'direct';

/** Also what a conversation that does not exist answers: whether there is one is told to its members alone. */
export const membersOnly = createRule('members-only', 'conversation.forbidden', null, ({ role }) => role === null);

export const publicIsJoined = createRule(
  'public-is-joined',
  'conversation.forbidden',
  null,
  ({ visibility }) => visibility !== 'public',
);

export const ownName = createRule<DraftFacts>(
  'own-name',
  'actor.mismatch',
  null,
  ({ sender }, { account }) => sender !== account,
);

export const readersListen = createRule(
  'readers-listen',
  'action.forbidden',
  'Readers cannot send to this conversation.',
  ({ role }) => !hasAtLeast(role, 'member'),
);

/** A blocked direct conversation is not carried on by other means either. */
export const notBlocked = createRule(
  'not-blocked',
  'action.forbidden',
  'One of you has blocked the other, or has deleted their account.',
  ({ blocked }) => blocked,
);

export const messageKnown = createRule<MessageFacts>(
  'message-known',
  'message.unknown',
  null,
  ({ message }) => message === null,
);

export const sendersEdit = createRule<MessageFacts>(
  'senders-edit',
  'action.forbidden',
  'Only its sender may edit a message.',
  ({ message }, { account }) => message?.sender !== account,
);

export const sendersAndAdminsDelete = createRule<MessageFacts>(
  'senders-and-admins-delete',
  'action.forbidden',
  'Only its sender and admins may delete a message.',
  ({ message, role }, { account }) => message?.sender !== account && !hasAtLeast(role, 'admin'),
);

/** In a direct conversation both. */
export const adminsPin = createRule(
  'admins-pin',
  'action.forbidden',
  'Only admins and owners pin messages.',
  (facts) => !isDirect(facts) && !hasAtLeast(facts.role, 'admin'),
);

export const directHasNoSettings = createRule(
  'direct-has-no-settings',
  'conversation.conflict',
  'A direct conversation has no settings.',
  isDirect,
);

export const adminsChangeSettings = createRule(
  'admins-change-settings',
  'action.forbidden',
  'Only admins and owners change settings.',
  ({ role }) => !hasAtLeast(role, 'admin'),
);

export const directIsNotDeleted = createRule(
  'direct-is-not-deleted',
  'conversation.conflict',
  'A direct conversation cannot be deleted.',
  isDirect,
);

export const ownersDelete = createRule(
  'owners-delete',
  'action.forbidden',
  'Only owners delete a conversation.',
  ({ role }) => role !== 'owner',
);

export const directKeepsMembers = createRule(
  'direct-keeps-members',
  'conversation.conflict',
  'The members of a direct conversation are fixed.',
  isDirect,
);

export const directIsNotLeft = createRule(
  'direct-is-not-left',
  'conversation.conflict',
  'A direct conversation cannot be left: archive it.',
  isDirect,
);

/** Whoever joins by themselves comes with the role that newcomers have, or with a lower one. */
export const asNewcomer = (kind: ConversationKind): Rule<JoinFacts> =>
  createRule(
    'as-newcomer',
    'action.forbidden',
    `You may join this ${kind} as ${newcomerRole(kind)}.`,
    (facts) => facts.kind === kind && !hasRole(newcomerRole(kind), facts.wanted),
  );

export const noRoleAboveOwn = createRule<WantedFacts>(
  'no-role-above-own',
  'action.forbidden',
  'You may not give a role above your own.',
  ({ role, wanted }) => !hasAtLeast(role, wanted),
);

/** Everybody may act on themselves: step down, or be named among those who are to be members. */
export const adminsChangeMembers = createRule<MemberFacts>(
  'admins-change-members',
  'action.forbidden',
  'Only admins and owners change the members.',
  (facts, actor) => isOther(facts, actor) && !hasAtLeast(facts.role, 'admin'),
);

export const noHigherTarget = createRule<MemberFacts>(
  'no-higher-target',
  'action.forbidden',
  'This member has a higher role than you.',
  (facts, actor) => isOther(facts, actor) && facts.target.role !== null && !hasAtLeast(facts.role, facts.target.role),
);

export const removedAreAdded = createRule<JoinFacts>(
  'removed-are-added',
  'action.forbidden',
  'You were removed from this conversation: somebody has to add you.',
  ({ removed }) => removed,
);

export const blockersAreNotAdded = createRule<AddFacts | CreateFacts>(
  'blockers-are-not-added',
  'action.forbidden',
  'You may not add somebody who has blocked you.',
  ({ blocksActor }) => blocksActor,
);

export const lastOwnerStays = createRule<RoleFacts>(
  'last-owner-stays',
  'conversation.conflict',
  'The last owner cannot step down: make somebody else an owner first.',
  ({ lastOwner, wanted }) => lastOwner && wanted !== 'owner',
);
