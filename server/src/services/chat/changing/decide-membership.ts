import { fail } from '../../../kernel/errors.ts';
import { type ConversationKind, hasRole, type Role, type Visibility } from '../../../model/conversation.ts';

export interface MembershipQuestion {
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  /** Of the one who acts; null: not a member. */
  readonly actor: Role | null;
  /** Of the one it is done to; null: not a member. */
  readonly present: Role | null;
  /** The actor does it to themselves. */
  readonly self: boolean;
}

/**
 * Who may give `wanted` to whom, in three rules: admins and owners act on members of no higher role and give no role above their
 * own; everybody may step down; everybody may join a public conversation with the role that newcomers have.
 * Throws `conversation.forbidden`, `conversation.conflict`, `action.forbidden`.
 */
export function decidePut(q: MembershipQuestion, wanted: Role): void {
  if (q.actor === null) {
    if (!q.self || q.visibility !== 'public') throw fail('conversation.forbidden');
    const newcomer = q.kind === 'channel' ? 'reader' : 'member';
    if (!hasRole(newcomer, wanted)) throw fail('action.forbidden', `You may join this ${q.kind} as ${newcomer}.`);
    return;
  }
  if (q.kind === 'direct') throw fail('conversation.conflict', 'The members of a direct conversation are fixed.');
  if (!hasRole(q.actor, wanted)) throw fail('action.forbidden', 'You may not give a role above your own.');
  if (!q.self) checkRank(q.actor, q.present);
}

/** Who may end whose membership: everybody their own, admins and owners that of members of no higher role. */
export function decideRemove(q: MembershipQuestion): void {
  if (q.actor === null) throw fail('conversation.forbidden');
  if (q.kind === 'direct') throw fail('conversation.conflict', 'A direct conversation cannot be left: archive it.');
  if (!q.self) checkRank(q.actor, q.present);
}

function checkRank(actor: Role, present: Role | null): void {
  if (!hasRole(actor, 'admin')) throw fail('action.forbidden', 'Only admins and owners change the members.');
  if (present !== null && !hasRole(actor, present)) {
    throw fail('action.forbidden', 'This member has a higher role than you.');
  }
}
