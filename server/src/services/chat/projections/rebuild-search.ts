import type { MessageRow } from '../../../model/chat-rows.ts';
import type { Sql } from '../../../ports/sql.ts';
import { rebuildProjection } from '../../shared/projection.ts';
import { messageColumns } from '../store.ts';
import { foldSearch } from './search-projection.ts';

const pageRows = 500;
const beginning = { conversation_id: '00000000-0000-0000-0000-000000000000', seq: 0 };

/** Fills the search index from the messages themselves. Resolves with the number of messages read. */
export function rebuildSearch(sql: Sql, onProgress: (messages: number) => void): Promise<number> {
  return rebuildProjection<MessageRow>(sql, {
    schema: 'chat',
    table: 'messages',
    fold: foldSearch,
    readPage(after) {
      const { conversation_id, seq } = after ?? beginning;
      return sql.query<MessageRow>(
        `select ${messageColumns} from chat.messages where (conversation_id, seq) > ($1::uuid, $2::int8)
         order by conversation_id, seq limit ${pageRows}`,
        [conversation_id, seq],
      );
    },
    onProgress,
  });
}
