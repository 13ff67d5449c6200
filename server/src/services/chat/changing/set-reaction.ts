import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { changeMessage, requireMessage } from './acting-store.ts';
import { applyReaction, checkEmoji } from './apply-reaction.ts';
import { changeAsMember } from './change-conversation.ts';
import { checkNotBlocked } from './edit-message.ts';

/** Every member, readers included. What is already so takes no rev. `message.unknown` for a tombstone. */
export async function setReaction(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  emoji: string,
  on: boolean,
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  checkEmoji(emoji);
  await changeAsMember(deps.sql, { conversation: id, user: account }, async (acting) => {
    const message = await requireMessage(acting, seq);
    checkNotBlocked(acting);
    const reactions = applyReaction(message.reactions, account, emoji, on);
    if (reactions === null) return;
    await changeMessage(acting, seq, { kind: 'reaction', user: account, emoji, on }, { reactions });
  });
}
