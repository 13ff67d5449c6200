import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { MessageRow } from '../../../model/chat-rows.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { readSnapshot } from '../store.ts';
import { hitsOfOneSql, hitsOfPartsSql, partsSql } from './hits-sql.ts';
import { visibleRangesSql } from './visible-sql.ts';

/**
 * Where to look: what the caller may read of their own conversations, or of the named one; a public conversation is searched by outsiders
 * only by name. Present membership and stays decide it at the time of asking, in the snapshot in which messages are read.
 */
export const scopeSql = `select c.id, r.first, r.last, h.last_at as newest_at
  from (
    select distinct own.conversation_id as id from chat.memberships own
      where own.user_id = $1 and own.left_rev is null and $2::uuid is null
    union all select $2::uuid where $2::uuid is not null
  ) d
  cross join lateral (select * from chat.conversations held where held.id = d.id and held.deleted_rev is null offset 0) c
  cross join lateral (select * from chat.heads held where held.conversation_id = d.id offset 0) h
  cross join lateral (${visibleRangesSql('c', 'h', '$1')}) r`;

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

interface Range {
  readonly id: ConversationId;
  readonly first: number;
  readonly last: number;
}

/** What may hold hits, and that none of them is newer. */
interface Part extends Range {
  readonly newest_at: string;
}

/** Parts that are read together. */
const partsAtOnce = 64;

/** Messages that match and that the account may see, newest first. */
export async function findHits(sql: Sql, wanted: Wanted): Promise<readonly MessageRow[]> {
  return await readSnapshot(sql, async (tx) => {
    const scope = await tx.query<Part>(scopeSql, [wanted.account, wanted.conversation], 'chat-search-scope');
    if (scope.length > 1) return await findInParts(tx, wanted, await listParts(tx, wanted, scope));
    const { before, after, from, limit } = wanted;
    const place = [before, after?.[0] ?? null, ...columnsOf(scope), after?.[1] ?? null, after?.[2] ?? null];
    return await tx.query<MessageRow>(hitsOfOneSql, [wanted.query, ...place, from, limit], 'chat-search-one');
  });
}

/** The one with the newest message first. */
async function listParts(tx: SqlSession, { query, before, after }: Wanted, scope: readonly Part[]): Promise<Part[]> {
  const lastAt = new Map(scope.map(({ id, newest_at }) => [id, newest_at]));
  const parts = await tx.query<Range & { newest_at: string | null }>(
    partsSql,
    [query, before, after?.[0] ?? null, ...columnsOf(scope)],
    'chat-search-parts',
  );
  return parts
    .map((part) => ({ ...part, newest_at: part.newest_at ?? (lastAt.get(part.id) as string) }))
    .sort((a, b) => (a.newest_at > b.newest_at ? -1 : 1));
}

/** Reads until no part that is left has anything as new as the last hit that is asked for. */
async function findInParts(tx: SqlSession, wanted: Wanted, parts: readonly Part[]): Promise<readonly MessageRow[]> {
  const { query, from, before, after, limit } = wanted;
  let hits: readonly MessageRow[] = [];
  for (let read = 0; read < parts.length; read += partsAtOnce) {
    const since = hits[limit - 1]?.created_at ?? '-infinity';
    const next = parts
      .slice(read, read + partsAtOnce)
      .filter(({ newest_at }) => since === '-infinity' || newest_at >= since);
    if (next.length === 0) break;
    const place = [before, after?.[0] ?? null, ...columnsOf(next), after?.[1] ?? null, after?.[2] ?? null];
    const found = await tx.query<MessageRow>(hitsOfPartsSql, [query, ...place, from, limit, since], 'chat-search-hits');
    hits = [...hits, ...found].sort(newestFirst).slice(0, limit);
  }
  return hits;
}

function newestFirst(a: MessageRow, b: MessageRow): number {
  if (a.created_at !== b.created_at) return a.created_at > b.created_at ? -1 : 1;
  if (a.conversation_id !== b.conversation_id) return a.conversation_id > b.conversation_id ? -1 : 1;
  return b.seq - a.seq;
}

function columnsOf(ranges: readonly Range[]): readonly (readonly unknown[])[] {
  return [ranges.map(({ id }) => id), ranges.map(({ first }) => first), ranges.map(({ last }) => last)];
}
