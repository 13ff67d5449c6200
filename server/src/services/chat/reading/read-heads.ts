import type { ConversationId } from '../../../kernel/ids.ts';
import { createEpoch, type Incarnation } from '../../../model/position.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Head } from '../trusted-api.ts';

export interface HeadRow {
  readonly id: ConversationId;
  readonly nonce: string;
  readonly last_seq: number;
  readonly last_rev: number;
}

/** Unknown conversations are left out. */
export async function readHeads(
  session: Pick<SqlSession, 'query'>,
  incarnation: Incarnation,
  conversations: readonly ConversationId[],
): Promise<readonly Head[]> {
  const rows = await session.query<HeadRow>(
    `select c.id, c.nonce, h.last_seq, h.last_rev
     from chat.conversations c join chat.heads h on h.conversation_id = c.id where c.id = any($1::uuid[])`,
    [conversations],
    'chat-heads',
  );
  return rows.map((row) => toHead(incarnation, row));
}

export function toHead(incarnation: Incarnation, row: HeadRow): Head {
  const epoch = createEpoch(row.nonce, incarnation);
  return { conversation: row.id, epoch, lastSeq: row.last_seq, lastRev: row.last_rev };
}
