import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import { type MessageRow, toMessage } from '../../../model/chat-rows.ts';
import type { Message } from '../../../model/message.ts';
import { createEpoch } from '../../../model/position.ts';
import type { Sql } from '../../../ports/sql.ts';
import type { ChatApi, HistoryRange } from '../api.ts';
import { findMessage, messageColumns, readSnapshot } from '../store.ts';
import { checkLimit } from './check-limit.ts';
import type { ReadDeps } from './read-deps.ts';
import { readableSeqs } from './readers.ts';
import { holdsSeqIn, pickPage, type SeqRange } from './visible-seqs.ts';

/** A range scan of the index of threads, in `readSnapshot`: else a planner without statistics reads the conversation. */
export const threadSql = (order: 'asc' | 'desc') => `select ${messageColumns} from chat.messages m
  where m.conversation_id = $1 and m.thread = $2 and m.seq between $3 and $4
    and exists (select 1 from unnest($5::int8[], $6::int8[]) r(first_seq, last_seq)
      where m.seq between r.first_seq and r.last_seq)
  order by m.seq ${order} limit $7`;

/**
 * A page of what the caller may see, ascending by seq, tombstones included; `limit` 1–200. With `thread`: the answers in that
 * thread, without the message that began it.
 */
export async function history(
  deps: ReadDeps,
  ctx: Context,
  id: ConversationId,
  range: HistoryRange,
): ReturnType<ChatApi['history']> {
  const { account } = requirePrincipal(ctx);
  checkRange(range);
  const reader = await deps.requireReader({ conversation: id, user: account });
  const visible = readableSeqs(reader);
  const { conversation, lastSeq, lastRev, nonce } = reader;
  const epoch = createEpoch(nonce, deps.incarnation());
  const items =
    range.thread === undefined
      ? await deps.pages.read({ conversation, epoch, lastRev }, pickPage(visible, range))
      : await readThread(deps.sql, id, visible, range.thread, range);
  return { items, epoch, lastSeq, lastRev };
}

export async function getMessage(deps: ReadDeps, ctx: Context, id: ConversationId, seq: number): Promise<Message> {
  const { account } = requirePrincipal(ctx);
  const reader = await deps.requireReader({ conversation: id, user: account });
  const message = holdsSeqIn(readableSeqs(reader), seq) ? await findMessage(deps.sql, id, seq) : null;
  if (!message) throw fail('message.unknown');
  return message;
}

function checkRange(range: HistoryRange): void {
  checkLimit(range.limit, 200);
  const { before, after, around, thread } = range;
  if ([before, after, around].filter((seq) => seq !== undefined).length > 1) {
    throw fail('request.invalid', 'Give one of before, after and around, or none.');
  }
  for (const seq of [before, after, around, thread]) {
    if (seq !== undefined && (!Number.isSafeInteger(seq) || seq < 0)) {
      throw fail('request.invalid', 'before, after, around and thread must be seqs: whole numbers from 0.');
    }
  }
}

async function readThread(
  sql: Sql,
  id: ConversationId,
  visible: readonly SeqRange[],
  thread: number,
  range: HistoryRange,
): Promise<readonly Message[]> {
  const first = visible[0]?.first ?? 1;
  const last = visible.at(-1)?.last ?? 0;
  const read = async (order: 'asc' | 'desc', from: number, to: number, limit: number) => {
    const values = [id, thread, from, to, visible.map((r) => r.first), visible.map((r) => r.last), limit];
    const rows = await readSnapshot(sql, (tx) =>
      tx.query<MessageRow>(threadSql(order), values, `chat-thread-${order}`),
    );
    const items = rows.map(toMessage);
    return order === 'asc' ? items : items.reverse();
  };
  if (range.after !== undefined) return await read('asc', range.after + 1, last, range.limit);
  if (range.around === undefined) return await read('desc', first, (range.before ?? last + 1) - 1, range.limit);
  const older = Math.floor(range.limit / 2);
  const [before, from] = await Promise.all([
    read('desc', first, range.around - 1, older),
    read('asc', range.around, last, range.limit - older),
  ]);
  return [...before, ...from];
}
