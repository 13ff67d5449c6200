import { isDeepStrictEqual } from 'node:util';
import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { attachmentOf, checkAvatar } from '../../../model/avatar.ts';
import type { ConversationRow } from '../../../model/chat-rows.ts';
import { conversationLimits } from '../../../model/conversation.ts';
import { cleanName } from '../../../model/text/names.ts';
import type { ChatApi, ConversationView } from '../api.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { checkTopic } from '../parse-settings.ts';
import { checkPicture } from '../reading/attachments.ts';
import { getConversation } from '../reading/list-conversations.ts';
import { markForCheck } from '../storing/mark-for-check.ts';
import { changeConversation } from './change-conversation.ts';

type Settings = Parameters<ChatApi['updateConversation']>[2];

/**
 * Admins and owners of a group or channel. What is already so takes no rev. What opens, opens from the last message on: nobody comes to
 * read by it what was closed to them. `attachment.unknown` for an avatar not one's to show.
 */
export async function updateConversation(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  change: Settings,
): Promise<ConversationView> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  const name = change.name === undefined ? undefined : cleanName(change.name, conversationLimits.name);
  if (change.topic != null) checkTopic(change.topic);
  if (change.avatar != null) checkAvatar(change.avatar);
  await changeConversation(deps, principal, id, async (acting) => {
    acting.permit('updateSettings', {});
    const [row] = await acting.tx.query<ConversationRow>('select * from chat.conversations where id = $1', [id]);
    if (!row) throw fail('conversation.forbidden');
    const { topic, avatar, visibility, history } = row;
    const now = { name: row.name, topic, avatar, visibility, history };
    const next = { ...now, ...given({ ...change, name }) };
    if (isDeepStrictEqual(now, next)) return;
    if (next.avatar !== null && next.avatar !== avatar) await checkPicture(acting.tx, acting.user, next.avatar);
    await acting.tx.query(
      `update chat.conversations set name = $2, topic = $3, avatar = $4, visibility = $5, history = $6, rev = $7,
         public_from_seq = case when visibility = 'private' and $5 = 'public' then $8::int8 else public_from_seq end,
         history_from_seq = case when history = 'since-join' and $6 = 'all' then $8::int8 else history_from_seq end,
         updated_at = greatest(updated_at, clock_timestamp()) where id = $1`,
      [
        ...[id, next.name, next.topic, next.avatar, next.visibility, next.history, acting.head.nextRev()],
        acting.head.lastSeq,
      ],
    );
    if (avatar !== null && next.avatar !== avatar) await markForCheck(acting.tx, [attachmentOf(avatar)]);
  });
  return await getConversation(deps, ctx, id);
}

function given(change: Settings): Partial<ConversationRow> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
