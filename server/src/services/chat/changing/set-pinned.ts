import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { hasRole } from '../../../model/conversation.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { changeMessage, requireMessage } from './acting-store.ts';
import { changeAsMember } from './change-conversation.ts';

/** Admins and owners; in a direct conversation both. What is already so takes no rev. */
export async function setPinned(
  deps: ChatDeps,
  ctx: Context,
  id: ConversationId,
  seq: number,
  on: boolean,
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  await changeAsMember(deps.sql, { conversation: id, user: account }, async (acting) => {
    if (acting.kind !== 'direct' && !hasRole(acting.role, 'admin')) {
      throw fail('action.forbidden', 'Only admins and owners pin messages.');
    }
    const message = await requireMessage(acting, seq);
    if (message.pinned === on) return;
    await changeMessage(acting, seq, { kind: 'pinned', user: account, on }, { pinned: on });
  });
}
