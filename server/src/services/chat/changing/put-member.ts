import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Membership, Role } from '../../../model/conversation.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { findMember, insertMemberships } from '../store.ts';
import { changeRole, countOwners } from './acting-store.ts';
import { type Acting, changeConversation } from './change-conversation.ts';
import { decidePut } from './decide-membership.ts';

/**
 * Adds a member or changes a role (decidePut says who may). A role that is already held takes no rev. Errors besides:
 * `account.unknown`, and `conversation.conflict` where the last owner would be demoted.
 */
export async function putMember(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  user: AccountId,
  role: Role,
): Promise<{ readonly member: Membership; readonly created: boolean }> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  // asked before the lock: another service's answer must not be waited for while a conversation stands still
  const known = user === account || (await deps.people.getProfiles(ctx, [user])).length > 0;
  return await changeConversation(deps.sql, { conversation: id, user: account }, async (acting) => {
    const present = await findMember(acting.tx, id, user);
    const { kind, visibility, role: actor } = acting;
    decidePut({ kind, visibility, actor, present: present?.role ?? null, self: user === account }, role);
    if (!present) {
      if (!known) throw fail('account.unknown', `There is no account ${user}.`);
      return { member: await join(acting, user, role), created: true };
    }
    if (present.role === role) return { member: present, created: false };
    if (present.role === 'owner' && (await countOwners(acting)) === 1) {
      throw fail('conversation.conflict', 'The last owner cannot step down: make somebody else an owner first.');
    }
    return { member: await changeRole(acting, user, role, acting.head.nextRev()), created: false };
  });
}

/** `history: "all"` opens everything there is, `"since-join"` what comes from now on (rule 17). */
async function join(acting: Acting, user: AccountId, role: Role): Promise<Membership> {
  const seq = acting.history === 'all' ? 0 : acting.head.lastSeq;
  const rev = acting.head.nextRev();
  const [member] = await insertMemberships(acting.tx, acting.conversation, [{ user, role }], { seq, rev });
  return member as Membership;
}
