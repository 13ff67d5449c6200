import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { changeMessage } from './acting-store.ts';
import { applyReaction, checkEmoji } from './apply-reaction.ts';
import { changeConversation } from './change-conversation.ts';
import { permitMessage } from './permit-message.ts';

/** Every member, readers included. What is already so takes no rev. `message.unknown` for a tombstone. */
export async function setReaction(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  emoji: string,
  on: boolean,
): Promise<void> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  checkEmoji(emoji);
  const user = principal.account;
  await changeConversation(deps, principal, id, async (acting) => {
    const message = await permitMessage(acting, 'setReaction', seq);
    const reactions = applyReaction(message.reactions, user, emoji, on);
    if (reactions === null) return;
    await changeMessage(acting, seq, { kind: 'reaction', user, emoji, on }, { reactions });
  });
}
