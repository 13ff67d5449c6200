import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { ReceiptRow } from '../../../model/chat-rows.ts';
import type { ChatApi, Receipt } from '../api.ts';
import { type ChatDeps, checkStorage } from '../deps.ts';
import { blocksSql } from '../reading/blocked-sql.ts';
import type { ReadDeps } from '../reading/read-deps.ts';
import type { ReceiptWriter } from './receipt-writer.ts';

/** Members only: `conversation.forbidden`. Marks never go back, and `read` is `delivered` too. */
export async function putReceipt(
  deps: ChatDeps,
  writer: ReceiptWriter,
  ctx: Context,
  id: ConversationId,
  marks: Parameters<ChatApi['putReceipt']>[2],
): Promise<void> {
  const { account } = requirePrincipal(ctx);
  checkStorage(deps);
  const { delivered = 0, read = 0 } = marks;
  if (![delivered, read].every((mark) => Number.isSafeInteger(mark) && mark >= 0)) {
    throw fail('request.invalid', 'delivered and read must be seqs: whole numbers from 0.');
  }
  await writer.put({ conversation: id, user: account, delivered: Math.max(delivered, read), read });
}

/**
 * Of the present members, to everybody who may read the conversation; but of nobody who has blocked the caller, and in a direct
 * conversation of nobody whom the caller has blocked.
 */
export async function listReceipts(
  deps: ReadDeps,
  writer: ReceiptWriter,
  ctx: Context,
  id: ConversationId,
): Promise<readonly Receipt[]> {
  const { account } = requirePrincipal(ctx);
  await deps.requireReader({ conversation: id, user: account });
  await writer.flushConversation(id);
  const rows = await deps.sql.query<ReceiptRow>(
    `select r.* from chat.receipts r
     join chat.memberships m on m.conversation_id = r.conversation_id and m.user_id = r.user_id and m.left_rev is null
     join chat.conversations c on c.id = r.conversation_id
     where r.conversation_id = $1 and not ${blocksSql('r.user_id', '$2')}
       and not (c.kind = 'direct' and ${blocksSql('$2', 'r.user_id')}) order by r.user_id`,
    [id, account],
  );
  return rows.map((row) => ({
    conversation: row.conversation_id,
    user: row.user_id,
    delivered: row.delivered,
    read: row.read,
  }));
}
