import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { MessageRow } from '../../../model/chat-rows.ts';
import type { Sql } from '../../../ports/sql.ts';
import { messageColumns } from '../store.ts';
import { isMemberSql, mayReadSql, maySeeSeqSql } from './visible-sql.ts';

/**
 * Up to this many messages are read one conversation after the other, at a microsecond or less each: nothing that strangers write
 * is touched. Who may read more is searched by word, and PostgreSQL chooses between the words and the conversations.
 */
export const readThroughMost = 20_000;

/** Where to look: the conversations of the caller, or the named one when the caller may read it; and how many messages they hold. */
export const scopeSql = `select coalesce(array_agg(c.id), '{}') as ids, coalesce(sum(h.last_seq), 0)::float8 as messages
  from (
    select distinct own.conversation_id as id from chat.memberships own
      where own.user_id = $1 and own.left_rev is null and $2::uuid is null
    union all select $2::uuid where $2::uuid is not null
  ) d
  cross join lateral (select * from chat.conversations c where c.id = d.id offset 0) c
  cross join lateral (select last_seq from chat.heads h where h.conversation_id = d.id offset 0) h
  where c.deleted_rev is null and ($2::uuid is null or ${mayReadSql('c', '$1')})`;

const conditions = `s.terms @@ $3::tsquery
    and ($4::uuid is null or s.sender_id = $4)
    and ($5::float8 is null or s.created_at < to_timestamp($5 / 1000.0))
    and ($6::timestamptz is null or (s.created_at, s.conversation_id, s.seq) < ($6::timestamptz, $7::uuid, $8::int8))`;
const newestFirst = 'order by s.created_at desc, s.conversation_id desc, s.seq desc';

/** `offset 0` keeps the words out of the look-up by conversation, where they would be looked up once for each (rule 31). */
const byConversation = `select s.* from unnest($2::uuid[]) d(id)
    cross join lateral (select * from chat.search held where held.conversation_id = d.id offset 0) s
    where ${conditions} ${newestFirst} offset 0`;
const byWord = `select s.* from chat.search s where s.conversation_id = any($2::uuid[]) and ${conditions} ${newestFirst} offset 0`;

/**
 * What the caller may read is decided here, at the time of asking, by present membership and stays. Messages are looked up one by
 * one in the order of the answer, and no more of them than it takes.
 */
function hitsSql(found: string): string {
  return `select ${messageColumns
    .split(/,\s*/)
    .map((column) => `m.${column}`)
    .join(', ')}
  from (${found}) s
  cross join lateral (select * from chat.messages held where held.conversation_id = s.conversation_id and held.seq = s.seq
    and held.deleted_at is null offset 0) m
  cross join lateral (select * from chat.conversations around where around.id = s.conversation_id
    and around.deleted_rev is null offset 0) c
  cross join lateral (select ${isMemberSql('c', '$1')} as is_member offset 0) o
  where ${maySeeSeqSql('c', 's.seq', '$1', 'o.is_member')}
  ${newestFirst} limit $9`;
}
export const hitsSqls = { byConversation: hitsSql(byConversation), byWord: hitsSql(byWord) } as const;

export interface Wanted {
  readonly account: AccountId;
  /** All words, as PostgreSQL takes them. */
  readonly query: string;
  readonly conversation: ConversationId | null;
  readonly from: AccountId | null;
  /** Unix milliseconds. */
  readonly before: number | null;
  /** Of the last hit of the page before. */
  readonly after: readonly [createdAt: string, conversation: string, seq: number] | null;
  readonly limit: number;
}

/** Messages that match and that the account may see, newest first. A public conversation is searched by outsiders only by name. */
export async function findHits(sql: Pick<Sql, 'query'>, wanted: Wanted): Promise<readonly MessageRow[]> {
  const [scope] = await sql.query<{ ids: readonly string[]; messages: number }>(scopeSql, [
    wanted.account,
    wanted.conversation,
  ]);
  if (!scope || scope.ids.length === 0) return [];
  const text = scope.messages <= readThroughMost ? hitsSqls.byConversation : hitsSqls.byWord;
  return await sql.query<MessageRow>(text, [
    wanted.account,
    scope.ids,
    wanted.query,
    wanted.from,
    wanted.before,
    ...(wanted.after ?? [null, null, null]),
    wanted.limit,
  ]);
}
