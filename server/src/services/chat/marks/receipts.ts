import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { ReceiptRow } from '../../../model/chat-rows.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { ChatApi, Receipt } from '../api.ts';
import { type ChatDeps, checkStorage, type ReadDeps } from '../deps.ts';
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

/** Of the present members, to everybody who may read the conversation. */
export async function listReceipts(
  deps: ReadDeps,
  writer: ReceiptWriter,
  ctx: Context,
  id: ConversationId,
): Promise<readonly Receipt[]> {
  const { account } = requirePrincipal(ctx);
  await deps.requireReader({ conversation: id, user: account });
  await writer.flush();
  const rows = await deps.sql.query<ReceiptRow>(
    `select r.* from chat.receipts r
     join chat.memberships m on m.conversation_id = r.conversation_id and m.user_id = r.user_id and m.left_rev is null
     where r.conversation_id = $1 order by r.user_id`,
    [id],
  );
  return rows.map((row) => ({
    conversation: row.conversation_id,
    user: row.user_id,
    delivered: row.delivered,
    read: row.read,
  }));
}

/**
 * Raises watermarks. They are clamped to the head and belong to present members only, in the statement itself (rule 20); what
 * changes nothing writes nothing. Returns the receipts whose owner is a member. Ordered, so that two writers cannot deadlock.
 */
export async function writeReceipts(sql: Sql, receipts: readonly Receipt[]): Promise<readonly ReceiptRow[]> {
  return await sql.query<ReceiptRow>(
    `with present as (
       select m.conversation_id, m.user_id, least(d.delivered, h.last_seq) as delivered, least(d.read, h.last_seq) as read
       from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[]) d(conversation_id, user_id, delivered, read)
       join chat.memberships m
         on m.conversation_id = d.conversation_id and m.user_id = d.user_id and m.left_rev is null
       join chat.heads h on h.conversation_id = d.conversation_id
       order by m.conversation_id, m.user_id),
     written as (
       insert into chat.receipts as r (conversation_id, user_id, delivered, read)
       select conversation_id, user_id, delivered, read from present where delivered > 0
       on conflict (conversation_id, user_id) do update
         set delivered = greatest(r.delivered, excluded.delivered), read = greatest(r.read, excluded.read)
         where excluded.delivered > r.delivered or excluded.read > r.read)
     select conversation_id, user_id, delivered, read from present`,
    [
      receipts.map((receipt) => receipt.conversation),
      receipts.map((receipt) => receipt.user as AccountId),
      receipts.map((receipt) => receipt.delivered),
      receipts.map((receipt) => receipt.read),
    ],
    'chat-receipts',
  );
}
