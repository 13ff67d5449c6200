import { type Context, requirePrincipal } from '../../kernel/context.ts';
import type { ConversationId } from '../../kernel/ids.ts';
import { type MembershipRow, toMembership } from '../../model/chat-rows.ts';
import type { Membership } from '../../model/conversation.ts';
import { createCursor, parseCursor } from './cursor.ts';
import type { ChatDeps } from './deps.ts';
import { checkLimit } from './parse-settings.ts';
import { requireReader } from './readers.ts';
import { membershipColumns } from './store.ts';

/** Present members by id; `limit` 1–1,000. To everybody who may read the conversation. */
export async function listMembers(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly items: readonly Membership[]; readonly next: string | null }> {
  const { account } = requirePrincipal(ctx);
  checkLimit(page.limit, 1_000);
  const [after] = page.after === undefined ? [null] : parseCursor(page.after, ['id']);
  await requireReader(deps.sql, { conversation: id, user: account });
  const rows = await deps.sql.query<MembershipRow>(
    `select ${membershipColumns} from chat.memberships
     where conversation_id = $1 and left_rev is null and ($2::uuid is null or user_id > $2) order by user_id limit $3`,
    [id, after, page.limit + 1],
    'chat-members',
  );
  const items = rows.slice(0, page.limit).map(toMembership);
  const last = items.at(-1);
  return { items, next: rows.length > items.length && last ? createCursor([last.user]) : null };
}
