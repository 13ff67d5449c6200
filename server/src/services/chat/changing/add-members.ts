import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type AccountId, type ConversationId, isUuid } from '../../../kernel/ids.ts';
import { type MembershipRow, toMembership } from '../../../model/chat-rows.ts';
import { type Membership, newcomerRole } from '../../../model/conversation.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { joinSeqOf } from '../reading/readers.ts';
import { findBlockers, insertMemberships, membershipColumns } from '../store.ts';
import { type Acting, changeConversation } from './change-conversation.ts';
import { checkAccounts } from './check-accounts.ts';

/** Of one transaction (rule 13). */
const most = 900;

/** Many newcomers in one change, under one rev. Who is a member already keeps their role and takes none. */
export async function addMembers(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  asked: readonly AccountId[],
): Promise<readonly Membership[]> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  const users = [...new Set(asked)];
  if (users.length === 0 || users.length > most || !users.every(isUuid)) {
    throw fail('request.invalid', `Name 1 to ${most} accounts by their ids.`);
  }
  // asked before the lock: another service's answer must not be waited for while a conversation stands still
  await checkAccounts(deps, ctx, users);
  return await changeConversation(deps, principal, id, async (acting) => {
    const role = newcomerRole(acting.kind);
    const present = await presentOf(acting, users);
    const missing = users.filter((user) => !present.has(user));
    const blockers = await findBlockers(acting.tx, acting.user, missing);
    for (const user of users) {
      const target = { account: user, role: present.get(user)?.role ?? null };
      if (user === acting.user && target.role === null)
        acting.permit('join', { wanted: role, removed: acting.removed });
      else acting.permit('addMember', { target, wanted: role, blocksActor: blockers.has(user) });
    }
    if (missing.length > 0) {
      const seq = joinSeqOf(acting);
      const members = missing.map((user) => ({ user, role }) as const);
      const added = await insertMemberships(acting.tx, id, members, { seq, rev: acting.head.nextRev() });
      for (const member of added) present.set(member.user, member);
    }
    return users.map((user) => present.get(user) as Membership);
  });
}

async function presentOf(acting: Acting, users: readonly AccountId[]): Promise<Map<AccountId, Membership>> {
  const rows = await acting.tx.query<MembershipRow>(
    `select ${membershipColumns} from chat.memberships
     where conversation_id = $1 and user_id = any($2::uuid[]) and left_rev is null`,
    [acting.conversation, users],
  );
  return new Map(rows.map(toMembership).map((member) => [member.user, member]));
}
