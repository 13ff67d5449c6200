import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { ConversationView } from '../api.ts';
import type { ChatDeps } from '../deps.ts';
import { readSnapshot } from '../store.ts';
import { checkLimit } from './check-limit.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { readViews } from './views.ts';

const maxConversations = 200;

/** The caller's conversations, the one with the newest message first; `limit` 1–200. */
export async function listConversations(
  deps: ChatDeps,
  ctx: Context,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly items: readonly ConversationView[]; readonly next: string | null }> {
  const { account } = requirePrincipal(ctx);
  checkLimit(page.limit, 200);
  const [at, id] = page.after === undefined ? [null, null] : parseCursor(page.after, ['time', 'id']);
  return await readSnapshot(deps.sql, async (tx) => {
    const rows = await tx.query<{ id: ConversationId; last_at: string }>(
      `select m.conversation_id as id, h.last_at
     from chat.memberships m join chat.heads h on h.conversation_id = m.conversation_id
     where m.user_id = $1 and m.left_rev is null
       and ($2::timestamptz is null or (h.last_at, m.conversation_id) < ($2::timestamptz, $3::uuid))
     order by h.last_at desc, m.conversation_id desc limit $4`,
      [account, at, id, page.limit + 1],
      'chat-list',
    );
    const shown = rows.slice(0, page.limit);
    const items = await readViews(
      tx,
      deps.incarnation(),
      account,
      shown.map((row) => row.id),
    );
    const last = shown.at(-1);
    return { items, next: rows.length > shown.length && last ? createCursor([last.last_at, last.id]) : null };
  });
}

/** `conversation.unknown` unless the caller is a member or it is public. */
export async function getConversation(deps: ChatDeps, ctx: Context, id: ConversationId): Promise<ConversationView> {
  const [view] = await getConversations(deps, ctx, [id]);
  if (!view) throw fail('conversation.unknown');
  return view;
}

/** In the order of the ids; those the caller may not read are left out. */
export async function getConversations(
  deps: ChatDeps,
  ctx: Context,
  ids: readonly ConversationId[],
): Promise<readonly ConversationView[]> {
  const { account } = requirePrincipal(ctx);
  if (ids.length > maxConversations) {
    throw fail('request.too_large', `Ask for ${maxConversations} conversations at the most.`);
  }
  return await readSnapshot(deps.sql, (tx) => readViews(tx, deps.incarnation(), account, ids));
}
