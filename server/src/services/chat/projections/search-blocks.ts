import type { SqlSession } from '../../../ports/sql.ts';

/** 64 messages make a block: seq >> 6. */
export const blockBits = 6;

export function beginsBlock(seq: number): boolean {
  return seq % 2 ** blockBits === 0;
}

/** Blocks that one change of a conversation adds at the most: one that was indexed before there were blocks catches up step by step. */
const addedAtOnce = 16;

/** Bytes of words; a tsvector holds a MiB. */
const mostBytes = 900_000;

/**
 * Who writes words of a conversation does it alone, and sees all that was written before: two do when a consumer takes over from another, or
 * beside `parley rebuild`. Conversations share 64 locks, so that a batch takes no more of them.
 */
const lockSql = `select pg_advisory_xact_lock(${0x73656172}, part) from (
  select distinct hashtext(id::text) & 63 as part from unnest($1::uuid[]) d(id) order by 1 offset 0) d`;

/**
 * Writes the blocks that are there and have changed, and adds those that are complete: a block is when its conversation has a message
 * beyond it. Each is made anew of its messages, so that the words of an edited or deleted one are gone.
 */
const storeSql = `with changed as (
    select conversation_id, seq >> ${blockBits} as block from unnest($1::uuid[], $2::int8[]) d(conversation_id, seq) group by 1, 2),
  due as (
    select conversation_id, block from changed where exists (
      select from chat.search_blocks b where b.conversation_id = changed.conversation_id and b.block = changed.block offset 0)
    union
    select latest.conversation_id, g.block
    from (select conversation_id, max(block) as block from changed group by 1) latest
    cross join lateral (select coalesce(max(b.block) + 1, 0) as block from chat.search_blocks b
      where b.conversation_id = latest.conversation_id) next
    cross join lateral generate_series(next.block, least(latest.block, next.block + ${addedAtOnce}) - 1) g(block))
  insert into chat.search_blocks (conversation_id, block, oldest_at, newest_at, terms)
  select due.conversation_id, due.block, coalesce(times.oldest, 'infinity'), coalesce(times.newest, '-infinity'),
    case when times.bytes <= ${mostBytes} then array_to_tsvector(array(
      select distinct term from unnest(times.terms) held(line), unnest(string_to_array(line, ' ')) words(term) where term <> '')) end
  from (select * from due order by 1, 2 offset 0) due
  cross join lateral (
    select min(created_at) as oldest, max(created_at) as newest, coalesce(sum(octet_length(line)), 0) as bytes, array_agg(line) as terms
    from (
      select s.created_at, array_to_string(tsvector_to_array(s.terms), ' ') as line from chat.search s
      where s.conversation_id = due.conversation_id
        and s.seq between due.block << ${blockBits} and (due.block << ${blockBits}) + ${2 ** blockBits - 1} offset 0) held) times
  on conflict (conversation_id, block) do update
    set oldest_at = excluded.oldest_at, newest_at = excluded.newest_at, terms = excluded.terms`;

interface Place {
  readonly conversation_id: string;
  readonly seq: number;
}

/** Until the end of the transaction; before the messages of `places` are written. */
export async function lockBlocks(tx: Pick<SqlSession, 'query'>, places: readonly Place[]): Promise<void> {
  await tx.query(lockSql, [places.map((place) => place.conversation_id)], 'chat-search-blocks-lock');
}

/** After the messages of `places` have been written, in the same transaction. */
export async function storeBlocks(tx: Pick<SqlSession, 'query'>, places: readonly Place[]): Promise<void> {
  const values = [places.map((place) => place.conversation_id), places.map((place) => place.seq)];
  await tx.query(storeSql, values, 'chat-search-blocks-store');
}
