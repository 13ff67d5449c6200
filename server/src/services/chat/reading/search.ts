import pLimit from 'p-limit';
import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { toMessage } from '../../../model/chat-rows.ts';
import { textOf } from '../../../model/content.ts';
import { placeTerms, queryTerms } from '../../../model/text/terms.ts';
import type { ChatApi } from '../api.ts';
import { type ChatDeps, configOf } from '../deps.ts';

import { checkLimit } from './check-limit.ts';
import { createCursor, parseCursor } from './cursor.ts';
import { findHits, type Wanted } from './find-hits.ts';

/** Characters of an excerpt, and how many of them come before the hit. */
const excerptLength = 160;
const excerptBefore = 40;

/** Callers that may wait for their turn before the others are told to come back. */
const searchesWaiting = 100;

/**
 * Messages that hold all words of the query, the last one as a beginning; newest first, `limit` 1–100. `searchesAtOnce` at a time:
 * searches never take all connections of those who read (`service.overloaded`).
 */
export function createSearch(deps: ChatDeps): ChatApi['search'] {
  const { searchesAtOnce } = configOf(deps);
  const limit = pLimit(searchesAtOnce);
  return async (ctx, request) => {
    const wanted = parseSearch(ctx, request);
    if (limit.pendingCount >= searchesWaiting) throw fail('service.overloaded', { retryAfterMs: 2_000 });
    const rows = await limit(() => {
      if (ctx.signal?.aborted || deps.clock.monotonic() > ctx.deadline) throw fail('service.timeout');
      return findHits(deps.sql, { ...wanted, query: toTsquery(wanted.terms), limit: request.limit + 1 });
    });
    const items = rows.slice(0, request.limit).map((row) => ({
      message: toMessage(row),
      excerpt: cutExcerpt(textOf(row.content), wanted.terms),
    }));
    const last = rows.length > items.length ? rows[items.length - 1] : undefined;
    return { items, next: last ? createCursor([last.created_at, last.conversation_id, last.seq]) : null };
  };
}

function parseSearch(
  ctx: Context,
  request: Parameters<ChatApi['search']>[1],
): Omit<Wanted, 'query' | 'limit'> & { readonly terms: readonly string[] } {
  const { account } = requirePrincipal(ctx);
  checkLimit(request.limit, 100);
  if (request.before !== undefined && !Number.isFinite(request.before)) {
    throw fail('request.invalid', 'before must be a time.');
  }
  const after = request.after === undefined ? null : parseCursor(request.after, ['time', 'id', 'number']);
  const terms = queryTerms(request.query);
  if (terms.length === 0) throw fail('request.invalid', 'The query must hold at least one letter, digit or symbol.');
  return {
    account,
    terms,
    conversation: request.conversation ?? null,
    from: request.from ?? null,
    before: request.before ?? null,
    after,
  };
}

/** No term holds a quote or a backslash, so quotes suffice. */
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
