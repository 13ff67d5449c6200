import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Membership, Role } from '../../../model/conversation.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { joinSeqOf } from '../reading/readers.ts';
import { findBlockers, findMember, insertMemberships } from '../store.ts';
import { changeRole, countOwners } from './acting-store.ts';
import { type Acting, changeConversation } from './change-conversation.ts';

/**
 * Adds a member, joins, or changes a role. A role that is already held takes no rev. Errors besides the policy's:
 * `account.unknown`.
 */
export async function putMember(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  user: AccountId,
  role: Role,
): Promise<{ readonly member: Membership; readonly created: boolean }> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  // asked before the lock: another service's answer must not be waited for while a conversation stands still
  const known = user === principal.account || (await isKnown(deps, ctx, user));
  return await changeConversation(deps, principal, id, async (acting) => {
    const present = await findMember(acting.tx, id, user);
    await permitPut(acting, user, present?.role ?? null, role);
    if (!present) {
      if (!known) throw fail('account.unknown', `There is no account ${user}.`);
      return { member: await join(acting, user, role), created: true };
    }
    if (present.role === role) return { member: present, created: false };
    return { member: await changeRole(acting, user, role, acting.head.nextRev()), created: false };
  });
}

async function isKnown(deps: ChangeDeps, ctx: Context, user: AccountId): Promise<boolean> {
  return (await deps.people.getProfiles(ctx, [user])).length > 0;
}

async function permitPut(acting: Acting, account: AccountId, role: Role | null, wanted: Role): Promise<void> {
  const target = { account, role };
  if (role !== null) {
    const lastOwner = role === 'owner' && (await countOwners(acting)) === 1;
    acting.permit('putRole', { target, wanted, lastOwner });
  } else if (account === acting.user) acting.permit('join', { wanted, removed: acting.removed });
  else {
    const blocksActor = (await findBlockers(acting.tx, acting.user, [account])).has(account);
    acting.permit('addMember', { target, wanted, blocksActor });
  }
}

async function join(acting: Acting, user: AccountId, role: Role): Promise<Membership> {
  const seq = joinSeqOf(acting);
  const rev = acting.head.nextRev();
  const [member] = await insertMemberships(acting.tx, acting.conversation, [{ user, role }], { seq, rev });
  return member as Membership;
}
