import { type Change, unavailable } from '../../../model/change.ts';
import type { MessageRow } from '../../../model/chat-rows.ts';
import { textOf } from '../../../model/content.ts';
import type { MessageChange } from '../../../model/message.ts';
import { textTerms } from '../../../model/text/terms.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import { beginsBlock, lockBlocks, storeBlocks } from './search-blocks.ts';

/** What the index must hold of one message; no terms: nothing. */
interface Entry {
  readonly row: MessageRow;
  /** Joined with spaces, which no term holds. */
  readonly terms: string;
  /** It may be in the index already. */
  readonly changed: boolean;
}

/** Folds changes of chat.messages into chat.search and its blocks (MESSAGE-PATH rule 29): a few statements a batch. */
export function foldSearch(changes: readonly Change<object>[]): ((tx: SqlSession) => Promise<void>) | null {
  const entries = new Map<string, Entry>();
  for (const change of changes) {
    const entry = change.source.table === 'messages' ? toEntry(change as Change<MessageRow>) : null;
    if (entry) entries.set(`${entry.row.conversation_id} ${entry.row.seq}`, entry);
  }
  if (entries.size === 0) return null;
  const all = [...entries.values()];
  const places = all.filter(concernsBlocks).map((entry) => entry.row);
  const found = all.filter((entry) => entry.terms !== '');
  const gone = all.filter((entry) => entry.terms === '' && entry.changed);
  return async (tx) => {
    await Promise.all([
      lockBlocks(
        tx,
        all.map((entry) => entry.row),
      ),
      insertEntries(tx, found),
      deleteEntries(tx, gone),
      ...(places.length > 0 ? [storeBlocks(tx, places)] : []),
    ]);
  };
}

/** What is there already may be in a block, and a new message completes one when it is the first beyond it. */
function concernsBlocks({ row, changed }: Entry): boolean {
  return changed || beginsBlock(row.seq);
}

function toEntry({ op, after }: Change<MessageRow>): Entry | null {
  if (!after || after.content === unavailable) return null;
  if (op === 'u' && !changesText(after)) return null;
  return { row: after, terms: textTerms(textOf(after.content)).join(' '), changed: op !== 'c' };
}

/** Reactions and pins leave the words as they are. */
function changesText(row: MessageRow): boolean {
  const kind = row.mod === null ? null : (JSON.parse(row.mod) as MessageChange).kind;
  return kind === 'edited' || kind === 'deleted';
}

async function insertEntries(tx: SqlSession, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `insert into chat.search (conversation_id, seq, sender_id, created_at, terms)
     select conversation_id, seq, sender_id, created_at, array_to_tsvector(string_to_array(terms, ' '))
     from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::timestamptz[], $5::text[])
       d(conversation_id, seq, sender_id, created_at, terms)
     on conflict (conversation_id, seq) do update set terms = excluded.terms`,
    [
      entries.map(({ row }) => row.conversation_id),
      entries.map(({ row }) => row.seq),
      entries.map(({ row }) => row.sender_id),
      entries.map(({ row }) => row.created_at),
      entries.map(({ terms }) => terms),
    ],
    'chat-search-insert',
  );
}

async function deleteEntries(tx: SqlSession, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `delete from chat.search s using unnest($1::uuid[], $2::int8[]) d(conversation_id, seq)
     where s.conversation_id = d.conversation_id and s.seq = d.seq`,
    [entries.map(({ row }) => row.conversation_id), entries.map(({ row }) => row.seq)],
    'chat-search-delete',
  );
}
