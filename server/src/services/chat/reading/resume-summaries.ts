import type { Context } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { type MembershipRow, toMembership } from '../../../model/chat-rows.ts';
import type { Membership } from '../../../model/conversation.ts';
import type { ChatDeps } from '../deps.ts';
import { membershipColumns, readSnapshot } from '../store.ts';
import type { Head } from '../trusted-api.ts';
import { type HeadRow, toHead } from './read-heads.ts';
import { unreadSql } from './views.ts';

/** Present memberships of users, by which a hub knows whom to tell what. */
export async function membershipsOf(
  deps: ChatDeps,
  _ctx: Context,
  users: readonly AccountId[],
): Promise<readonly Membership[]> {
  const rows = await deps.sql.query<MembershipRow>(
    `select ${membershipColumns} from chat.memberships m
     where user_id = any($1::uuid[]) and left_rev is null
       and exists (select 1 from chat.conversations c where c.id = m.conversation_id and c.deleted_rev is null)`,
    [users],
    'chat-memberships-of',
  );
  return rows.map(toMembership);
}

/**
 * The head of a conversation that the user has left is where they left it. Who was in a deleted one has left it, whether or not
 * the deletion has come to their own stay yet: that may take several transactions, and a crash between two of them.
 */
export async function resumeSummaries(
  deps: ChatDeps,
  _ctx: Context,
  user: AccountId,
  named: readonly ConversationId[],
): Promise<readonly (Head & { readonly unread: number; readonly left: boolean })[]> {
  const rows = await readSnapshot(deps.sql, (tx) =>
    tx.query<HeadRow & { unread: number; gone: boolean }>(
      `select c.id, c.nonce, h.last_seq, h.last_rev, n.unread, false as gone
     from chat.memberships m
     join chat.conversations c on c.id = m.conversation_id and c.deleted_rev is null
     join chat.heads h on h.conversation_id = c.id
     left join chat.receipts r on r.conversation_id = c.id and r.user_id = $1
     cross join lateral (${unreadSql('greatest(r.read, m.joined_seq)', 'c.id', '$1::uuid')}) n
     where m.user_id = $1 and m.left_rev is null
     union all
     select c.id, c.nonce, coalesce(s.left_seq, h.last_seq), coalesce(s.left_rev, c.deleted_rev), 0, true
     from unnest($2::uuid[]) d(id)
     join chat.conversations c on c.id = d.id
     join chat.heads h on h.conversation_id = c.id
     cross join lateral (
       select m.left_seq, m.left_rev from chat.memberships m
       where m.conversation_id = c.id and m.user_id = $1 order by m.joined_rev desc limit 1) s
     where s.left_rev is not null or c.deleted_rev is not null`,
      [user, named],
      'chat-summaries',
    ),
  );
  return rows.map((row) => ({ ...toHead(deps.incarnation(), row), unread: row.unread, left: row.gone }));
}
