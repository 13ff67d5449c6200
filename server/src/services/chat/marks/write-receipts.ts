import type { AccountId } from '../../../kernel/ids.ts';
import type { ReceiptRow } from '../../../model/chat-rows.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { Receipt } from '../api.ts';

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
