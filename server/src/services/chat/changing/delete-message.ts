import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { ChangeDeps } from '../deps.ts';
import { readClock } from '../store.ts';
import { markForCheck } from '../storing/mark-for-check.ts';
import { changeMessage, findAttachment } from './acting-store.ts';
import { changeConversation } from './change-conversation.ts';
import { permitMessage } from './permit-message.ts';

/**
 * The sender, and admins and owners of the conversation. A tombstone keeps seq, id, hash and times; what was said, shown, pinned
 * or reacted is gone. Deleting twice is no error. Works on a full disk as well: it is how people make room.
 */
export async function deleteMessage(deps: ChangeDeps, ctx: Context, id: ConversationId, seq: number): Promise<void> {
  await changeConversation(deps, requirePrincipal(ctx), id, async (acting) => {
    const message = await permitMessage(acting, 'deleteMessage', seq);
    if (message.deletedAt !== null) return;
    const attachment = await findAttachment(acting, seq);
    await changeMessage(
      acting,
      seq,
      { kind: 'deleted' },
      {
        content: null,
        attachment: null,
        deleted_at: await readClock(acting.tx),
        reactions: '{}',
        pinned: false,
      },
    );
    if (attachment) await markForCheck(acting.tx, [attachment]);
  });
}
