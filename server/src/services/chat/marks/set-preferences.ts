import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { ChatApi } from '../api.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { toStorableTime } from '../to-storable-time.ts';

/** The caller's own view of a conversation; nobody else learns of it. Members only. */
export async function setPreferences(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  change: Parameters<ChatApi['setPreferences']>[2],
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  const { mutedUntil } = change;
  const until = mutedUntil == null ? null : toStorableTime(mutedUntil);
  if (mutedUntil != null && until === null) {
    throw fail('request.invalid', 'mutedUntil must be an ISO 8601 time of the years 0001 to 9999, or null.');
  }
  const written = await deps.sql.query(
    `insert into chat.preferences as p (conversation_id, user_id, muted_until, archived, pinned, notify)
     select conversation_id, user_id, $4, coalesce($5, false), coalesce($6, false), coalesce($7, 'all')
     from chat.memberships where conversation_id = $1 and user_id = $2 and left_rev is null
     on conflict (conversation_id, user_id) do update set
       muted_until = case when $3 then $4 else p.muted_until end,
       archived = coalesce($5, p.archived), pinned = coalesce($6, p.pinned), notify = coalesce($7, p.notify),
       version = p.version + 1
     returning 1`,
    [
      id,
      account,
      mutedUntil !== undefined,
      until,
      change.archived ?? null,
      change.pinned ?? null,
      change.notify ?? null,
    ],
  );
  if (written.length === 0) throw fail('conversation.forbidden');
}
