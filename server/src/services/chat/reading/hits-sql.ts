import { blockBits } from '../projections/search-blocks.ts';
import { messageColumns } from '../store.ts';

/**
 * The statements that find messages by their words; all answer newest first. `$1`: the words, `$2`: before (Unix milliseconds),
 * `$3`: the time of the last hit of the page before, `$4` to `$6`: where to look, ranges of seqs (conversation, first, last), `$7` and `$8`:
 * conversation and seq of that last hit, `$9`: the sender, `$10`: how many hits.
 *
 * They read the blocks before the messages: a block says which words 64 messages hold, and reading it costs little more than reading one
 * of them. Blocks have no holes (`projections/search-blocks.ts`): what comes after the last one is read message by message. They run in
 * `readSnapshot`, so that each walk is one of an index and ends with its limit (MESSAGE-PATH rule 31).
 */

const lastOfBlock = 2 ** blockBits - 1;
const ranges = 'unnest($4::uuid[], $5::int8[], $6::int8[]) r(id, first, last)';

/** Where the page before ended, or the caller wants it to end. */
const until = `least(to_timestamp($2::float8 / 1000.0), $3::timestamptz, 'infinity')`;

/** The hits of a range, the highest seq first. What is cheap is asked first. */
const hitsIn = (first: string, last: string): string => `select s.* from (
      select * from chat.search held where held.conversation_id = r.id and held.seq between ${first} and ${last}
      order by held.seq desc offset 0) s
    where s.created_at <= ${until} and s.terms @@ $1::tsquery
      and ($9::uuid is null or s.sender_id = $9)
      and ($2::float8 is null or s.created_at < to_timestamp($2 / 1000.0))
      and ($3::timestamptz is null or (s.created_at, s.conversation_id, s.seq) < ($3::timestamptz, $7::uuid, $8::int8))`;

/** The seq after the last block. */
const openSql = `select coalesce(max(b.block) + 1, 0) << ${blockBits} as seq from chat.search_blocks b where b.conversation_id = r.id`;

/** The blocks of a range that may hold hits, the last one first; one without terms may hold anything. */
const blocksSql = `select greatest(r.first, b.block << ${blockBits}) as first, least(r.last, (b.block << ${blockBits}) + ${lastOfBlock}) as last, b.newest_at
    from chat.search_blocks b
    where b.conversation_id = r.id and b.block between r.first >> ${blockBits} and r.last >> ${blockBits}
      and b.oldest_at <= ${until} and coalesce(b.terms @@ $1::tsquery, true)
    order by b.block desc offset 0`;

const shown = messageColumns
  .split(/,\s*/)
  .map((column) => `m.${column}`)
  .join(', ');

/** Messages are looked up one by one in the order of the answer, and no more of them than it takes. */
const message = `select * from chat.messages held where held.conversation_id = s.conversation_id and held.seq = s.seq
    and held.deleted_at is null offset 0`;

/** Of one range. The highest seq is the newest: message by message, then block by block, until there are enough. */
export const hitsOfOneSql = `select ${shown} from ${ranges}
  cross join lateral (
    select s.* from (${openSql}) o cross join lateral (${hitsIn('greatest(r.first, o.seq)', 'r.last')}) s
    union all
    select s.* from (${blocksSql}) b cross join lateral (${hitsIn('b.first', 'b.last')}) s) s
  cross join lateral (${message}) m limit $10`;

/** The parts of ranges that may hold hits; the last part of each range has no time. Takes `$1` to `$6`. */
export const partsSql = `select r.id, part.* from ${ranges}
  cross join lateral (
    select greatest(r.first, o.seq) as first, r.last, null::timestamptz as newest_at from (${openSql}) o where o.seq <= r.last
    union all
    select * from (${blocksSql}) b) part`;

/** Of parts: of all of them, none older than `$11`. */
export const hitsOfPartsSql = `select ${shown} from (
    select s.* from ${ranges} cross join lateral (${hitsIn('r.first', 'r.last')}) s where s.created_at >= $11::timestamptz
    order by s.created_at desc, s.conversation_id desc, s.seq desc offset 0) s
  cross join lateral (${message}) m limit $10`;
