import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { hasRole } from '../../../model/conversation.ts';
import type { ChatDeps } from '../deps.ts';
import { readableSeqs } from '../reading/readers.ts';
import { holdsSeqIn } from '../reading/visible-seqs.ts';
import { findMessage, readClock } from '../store.ts';
import { changeMessage } from './acting-store.ts';
import { changeAsMember } from './change-conversation.ts';

/**
 * The sender, and admins and owners of the conversation. A tombstone keeps seq, id, hash and times; what was said, shown, pinned
 * or reacted is gone. Deleting twice is no error. Works on a full disk as well: it is how people make room.
 */
export async function deleteMessage(deps: ChatDeps, ctx: Context, id: ConversationId, seq: number): Promise<void> {
  const { account } = requirePrincipal(ctx);
  await changeAsMember(deps.sql, { conversation: id, user: account }, async (acting) => {
    const message = holdsSeqIn(readableSeqs(acting), seq) ? await findMessage(acting.tx, id, seq) : null;
    if (!message) throw fail('message.unknown');
    if (message.sender !== account && !hasRole(acting.role, 'admin')) {
      throw fail('action.forbidden', 'Only its sender and admins may delete a message.');
    }
    if (message.deletedAt !== null) return;
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
  });
}
