import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { changeMessage } from './acting-store.ts';
import { changeConversation } from './change-conversation.ts';
import { permitMessage } from './permit-message.ts';

/** Admins and owners; in a direct conversation both. What is already so takes no rev. */
export async function setPinned(
  deps: ChangeDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  on: boolean,
): Promise<void> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  await changeConversation(deps, principal, id, async (acting) => {
    const message = await permitMessage(acting, 'setPinned', seq);
    if (message.pinned === on) return;
    await changeMessage(acting, seq, { kind: 'pinned', user: principal.account, on }, { pinned: on });
  });
}
