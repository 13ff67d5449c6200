import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { attachmentOf } from '../../../model/avatar.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { type ChangeDeps, checkStorage } from '../deps.ts';
import { changeConversations } from '../lock-heads.ts';
import { markForCheck } from '../storing/mark-for-check.ts';
import { changeConversation } from './change-conversation.ts';

/** Stays that end within one transaction (rule 13). */
const staysAtOnce = 900;

/**
 * Owners only. The conversation is marked and its stays end with the same rev, so that every member is told; the rows stay.
 * From the first commit nobody reads or changes it any more; in a conversation of thousands the later stays end just after, each
 * piece with a rev of its own. A crash between two pieces changes nothing for anybody: every read asks for the mark first.
 */
export async function deleteConversation(deps: ChangeDeps, ctx: Context, id: ConversationId): Promise<void> {
  const principal = requirePrincipal(ctx);
  checkStorage(deps);
  let ended = await changeConversation(deps, principal, id, async (acting) => {
    acting.permit('deleteConversation', {});
    const rev = acting.head.nextRev();
    const [row] = await acting.tx.query<{ avatar: string | null }>(
      'update chat.conversations set deleted_rev = $2, rev = $2, updated_at = clock_timestamp() where id = $1 returning avatar',
      [id, rev],
    );
    if (row?.avatar) await markForCheck(acting.tx, [attachmentOf(row.avatar)]);
    // Its messages may be many: they are walked later, in pieces.
    await acting.tx.query('insert into chat.attachment_sweeps (conversation_id) values ($1) on conflict do nothing', [
      id,
    ]);
    return await endStays(acting.tx, id, acting.head.lastSeq, rev);
  });
  while (ended === staysAtOnce) {
    ended = await changeConversations(deps.sql, [id], async (tx, heads) => {
      const head = heads.get(id);
      // a rev that nothing carries would be a hole for ever
      if (!head || !(await hasStays(tx, id))) return 0;
      return await endStays(tx, id, head.lastSeq, head.nextRev());
    });
  }
}

async function hasStays(tx: SqlSession, id: ConversationId): Promise<boolean> {
  const rows = await tx.query(
    'select 1 from chat.memberships where conversation_id = $1 and left_rev is null limit 1',
    [id],
  );
  return rows.length > 0;
}

async function endStays(tx: SqlSession, id: ConversationId, seq: number, rev: number): Promise<number> {
  const rows = await tx.query(
    `update chat.memberships set left_seq = $2, left_rev = $3, rev = $3
     where conversation_id = $1 and left_rev is null and user_id in (
       select user_id from chat.memberships where conversation_id = $1 and left_rev is null limit ${staysAtOnce})
     returning 1`,
    [id, seq, rev],
  );
  return rows.length;
}
