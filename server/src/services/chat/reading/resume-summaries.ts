import type { Context } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { type MembershipRow, toMembership } from '../../../model/chat-rows.ts';
import type { Membership } from '../../../model/conversation.ts';
import type { ChatDeps } from '../deps.ts';
import { membershipColumns, readSnapshot } from '../store.ts';
import type { Head } from '../trusted-api.ts';
import { type HeadRow, toHead } from './read-heads.ts';
import { unreadSql } from './views.ts';

/**
 * Each user's by the index that begins with users: without statistics the planner takes the one that begins with conversations for
 * as good, and reads all of it (MESSAGE-PATH rule 31).
 */
export const membershipsOfSql = `select ${membershipColumns}
  from unnest($1::uuid[]) d(wanted)
  cross join lateral (select * from chat.memberships
    where user_id = d.wanted and left_rev is null order by user_id, conversation_id offset 0) m
  cross join lateral (select from chat.conversations c where c.id = m.conversation_id and c.deleted_rev is null offset 0) present`;

/** Present memberships of users, by which a hub knows whom to tell what. */
export async function membershipsOf(
  deps: ChatDeps,
  _ctx: Context,
  users: readonly AccountId[],
): Promise<readonly Membership[]> {
  const rows = await readSnapshot(deps.sql, (tx) =>
    tx.query<MembershipRow>(membershipsOfSql, [[...new Set(users)]], 'chat-memberships-of'),
  );
  return rows.map(toMembership);
}

/** Each table by its keys, as above. */
export const summariesSql = `select c.id, c.nonce, h.last_seq, h.last_rev, n.unread, false as gone
  from (select * from chat.memberships where user_id = $1 and left_rev is null order by user_id, conversation_id offset 0) m
  cross join lateral (select id, nonce from chat.conversations where id = m.conversation_id and deleted_rev is null offset 0) c
  cross join lateral (select last_seq, last_rev from chat.heads where conversation_id = m.conversation_id offset 0) h
  left join lateral (select read from chat.receipts where conversation_id = m.conversation_id and user_id = $1 offset 0) r on true
  cross join lateral (${unreadSql('greatest(r.read, m.joined_seq)', 'c.id', '$1::uuid')}) n
  union all
  select c.id, c.nonce, coalesce(s.left_seq, h.last_seq), coalesce(s.left_rev, c.deleted_rev), 0, true
  from unnest($2::uuid[]) d(id)
  cross join lateral (select id, nonce, deleted_rev from chat.conversations where id = d.id offset 0) c
  cross join lateral (select last_seq from chat.heads where conversation_id = d.id offset 0) h
  cross join lateral (
    select left_seq, left_rev from chat.memberships
    where conversation_id = d.id and user_id = $1 order by joined_rev desc limit 1) s
  where s.left_rev is not null or c.deleted_rev is not null`;

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
    tx.query<HeadRow & { unread: number; gone: boolean }>(summariesSql, [user, named], 'chat-summaries'),
  );
  return rows.map((row) => ({ ...toHead(deps.incarnation(), row), unread: row.unread, left: row.gone }));
}
