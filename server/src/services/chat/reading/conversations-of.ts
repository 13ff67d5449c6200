import type { Context } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { ChatDeps } from '../deps.ts';
import { readSnapshot } from '../store.ts';
import type { ConversationsOfUser } from '../trusted-api.ts';

/** Each user's by the two indexes that begin with users, whatever the planner knows of the table (MESSAGE-PATH rule 31). */
export const conversationsOfSql = `select d.wanted as user, array(
    select conversation_id from (
      select conversation_id from (select user_id, conversation_id from chat.memberships
        where user_id = d.wanted and left_rev is null order by user_id, conversation_id offset 0) present
      union select conversation_id from (select user_id, conversation_id from chat.memberships
        where user_id = d.wanted and left_rev is not null order by user_id, conversation_id offset 0) ended) shown
  ) as conversations
  from unnest($1::uuid[]) d(wanted)`;

/** By which a hub knows whom to tell of a changed profile: one statement, however many members these conversations have. */
export async function conversationsOf(
  deps: ChatDeps,
  _ctx: Context,
  users: readonly AccountId[],
): Promise<readonly ConversationsOfUser[]> {
  return readSnapshot(deps.sql, (tx) =>
    tx.query<ConversationsOfUser & Record<string, unknown>>(
      conversationsOfSql,
      [[...new Set(users)]],
      'chat-conversations-of',
    ),
  );
}
