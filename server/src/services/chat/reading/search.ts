import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { type MessageRow, toMessage } from '../../../model/chat-rows.ts';
import { textOf } from '../../../model/content.ts';
import type { ChatApi } from '../api.ts';
import type { ChatDeps } from '../deps.ts';
import { placeTerms, queryTerms } from '../projections/search-terms.ts';
import { messageColumns } from '../store.ts';
import { checkLimit } from './check-limit.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { isMemberSql, maySeeSeqSql } from './visible-sql.ts';

/** Characters of an excerpt, and how many of them come before the hit. */
const excerptLength = 160;
const excerptBefore = 40;

/**
 * What the caller may read is decided here, at the time of asking, by present membership and stays; a public conversation is
 * searched by outsiders only when they name it.
 */
const searchSql = `select ${messageColumns
  .split(/,\s*/)
  .map((column) => `m.${column}`)
  .join(', ')}
  from chat.search s
  join chat.messages m on m.conversation_id = s.conversation_id and m.seq = s.seq
  join chat.conversations c on c.id = s.conversation_id and c.deleted_rev is null
  where s.terms @@ $2::tsquery and m.deleted_at is null
    and ($3::uuid is null or s.conversation_id = $3)
    and ($4::uuid is null or s.sender_id = $4)
    and ($5::float8 is null or s.created_at < to_timestamp($5 / 1000.0))
    and ($6::timestamptz is null or (s.created_at, s.conversation_id, s.seq) < ($6::timestamptz, $7::uuid, $8::int8))
    and ${maySeeSeqSql('c', 's.seq', '$1')} and (c.id = $3 or ${isMemberSql('c', '$1')})
  order by s.created_at desc, s.conversation_id desc, s.seq desc limit $9`;

/** Messages that hold all words of the query, the last one as a beginning; newest first, `limit` 1–100. */
export async function search(
  deps: ChatDeps,
  ctx: Context,
  request: Parameters<ChatApi['search']>[1],
): ReturnType<ChatApi['search']> {
  const { account } = requirePrincipal(ctx);
  checkLimit(request.limit, 100);
  if (request.before !== undefined && !Number.isFinite(request.before)) {
    throw fail('request.invalid', 'before must be a time.');
  }
  const [at, conversation, seq] =
    request.after === undefined ? [null, null, null] : parseCursor(request.after, ['time', 'id', 'number']);
  const terms = queryTerms(request.query);
  if (terms.length === 0) throw fail('request.invalid', 'The query must hold at least one letter or digit.');
  const rows = await deps.sql.query<MessageRow>(searchSql, [
    account,
    toTsquery(terms),
    request.conversation ?? null,
    request.from ?? null,
    request.before ?? null,
    at,
    conversation,
    seq,
    request.limit + 1,
  ]);
  const items = rows.slice(0, request.limit).map((row) => ({
    message: toMessage(row),
    excerpt: cutExcerpt(textOf(row.content), terms),
  }));
  const last = rows.length > items.length ? rows[items.length - 1] : undefined;
  return { items, next: last ? createCursor([last.created_at, last.conversation_id, last.seq]) : null };
}

/** Terms are letters, digits and marks, so quotes suffice. */
export function toTsquery(terms: readonly string[]): string {
  return terms.map((term, i) => (i === terms.length - 1 ? `'${term}':*` : `'${term}'`)).join(' & ');
}

/** The part of a text around its first hit, on one line; never cuts a character in two. */
export function cutExcerpt(text: string, terms: readonly string[]): string {
  let hit = 0;
  for (const { term, start } of placeTerms(text)) {
    if (!terms.some((asked) => term.startsWith(asked))) continue;
    hit = start;
    break;
  }
  const from = onCharacter(text, hit - excerptBefore);
  const to = onCharacter(text, from + excerptLength);
  const cut = text.slice(from, to).replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '…' : ''}${cut}${to < text.length ? '…' : ''}`;
}

/** Moves a place off the middle of a surrogate pair, into the text. */
function onCharacter(text: string, at: number): number {
  if (at <= 0) return 0;
  if (at >= text.length) return text.length;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
