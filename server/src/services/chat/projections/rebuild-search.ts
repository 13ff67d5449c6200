import type { Change } from '../../../model/change.ts';
import type { MessageRow } from '../../../model/chat-rows.ts';
import type { Sql } from '../../../ports/sql.ts';
import { messageColumns } from '../store.ts';
import { foldSearch } from './search-projection.ts';

const pageRows = 500;

/**
 * Fills the search index from the messages themselves, a page per transaction, in place: hits stay findable meanwhile, and the
 * consumer of a running server may go on beside it. Resolves with the number of messages read.
 */
export async function rebuildSearch(sql: Sql, onProgress: (messages: number) => void): Promise<number> {
  let [conversation, seq, count] = ['00000000-0000-0000-0000-000000000000', 0, 0];
  for (;;) {
    const rows = await sql.query<MessageRow>(
      `select ${messageColumns} from chat.messages where (conversation_id, seq) > ($1::uuid, $2::int8)
       order by conversation_id, seq limit ${pageRows}`,
      [conversation, seq],
    );
    const last = rows.at(-1);
    if (!last) return count;
    const write = foldSearch(rows.map(asSnapshot));
    if (write) await sql.transaction(write);
    [conversation, seq] = [last.conversation_id, last.seq];
    count += rows.length;
    if (count % 50_000 < pageRows) onProgress(count);
  }
}

/** The row as a snapshot of the change stream would bring it. */
function asSnapshot(row: MessageRow): Change<MessageRow> {
  const source = {
    db: '',
    schema: 'chat',
    table: 'messages',
    lsn: '0',
    ordinal: 0,
    incarnation: '',
    ts_ms: 0,
    snapshot: true,
  };
  return { before: null, after: row, source, op: 'r', ts_ms: 0 };
}
