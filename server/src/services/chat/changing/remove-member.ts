import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Membership } from '../../../model/conversation.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { findMember } from '../store.ts';
import { changeRole, countOwners, type Place } from './acting-store.ts';
import { changeConversation } from './change-conversation.ts';

/**
 * Ends a membership; removing oneself is leaving. With the last owner's leave ownership passes, under the same rev, to the
 * longest-standing member of the highest role that is left. Removing who is no member is no error.
 */
export async function removeMember(deps: ChangeDeps, ctx: Context, id: ConversationId, user: AccountId): Promise<void> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  await changeConversation(deps, principal, id, async (acting) => {
    const present = await findMember(acting.tx, id, user);
    if (user === acting.user) acting.permit('leave', {});
    else acting.permit('removeMember', { target: { account: user, role: present?.role ?? null } });
    if (!present) return;
    await endStay(acting, present, acting.user);
  });
}

/** Ends the stay of a present member, whose last ownership passes on. */
export async function endStay(place: Place, { user, role }: Membership, by: AccountId): Promise<void> {
  const rev = place.head.nextRev();
  if (role === 'owner' && (await countOwners(place)) === 1) await passOwnership(place, user, rev);
  await place.tx.query(
    `update chat.memberships set left_seq = $3, left_rev = $4, rev = $4, left_by = $5
     where conversation_id = $1 and user_id = $2 and left_rev is null`,
    [place.conversation, user, place.head.lastSeq, rev, by],
  );
}

async function passOwnership(acting: Place, from: AccountId, rev: number): Promise<void> {
  const [heir] = await acting.tx.query<{ user_id: AccountId }>(
    `select user_id from chat.memberships
     where conversation_id = $1 and left_rev is null and user_id <> $2
     order by array_position(array['owner', 'admin', 'member', 'reader'], role), joined_rev, user_id limit 1`,
    [acting.conversation, from],
  );
  if (heir) await changeRole(acting, heir.user_id, 'owner', rev);
}
