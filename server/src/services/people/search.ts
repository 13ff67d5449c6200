import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { Profile } from '../../model/account.ts';
import { checkText } from '../../model/content.ts';
import { toProfile } from '../../model/people-rows.ts';
import type { PeopleApi } from './api.ts';
import type { Parts } from './parts.ts';
import { createSearchQuery } from './search-terms.ts';
import { findProfiles } from './store.ts';

const mostItems = 200;
const longestQuery = 200;

/** By username; `after` is the last one of the page before, wrapped. */
export async function search(
  parts: Parts,
  ctx: Context,
  asked: Parameters<PeopleApi['search']>[1],
): Promise<{ readonly items: readonly Profile[]; readonly next: string | null }> {
  const { account } = requirePrincipal(ctx);
  checkText(asked.query);
  if ([...asked.query].length > longestQuery) {
    throw fail('request.invalid', `A query has ${longestQuery} characters at the most.`);
  }
  if (!Number.isInteger(asked.limit) || asked.limit < 1 || asked.limit > mostItems) {
    throw fail('request.invalid', `limit must be between 1 and ${mostItems}.`);
  }
  const after = asked.after === undefined ? '' : decodeAfter(asked.after);
  const query = createSearchQuery(asked.query);
  if (query === null) return { items: [], next: null };
  // One more than asked tells whether there is a next page.
  const rows = await findProfiles(parts.sql, { asker: account, query, after, limit: asked.limit + 1 });
  const items = rows.slice(0, asked.limit).map(toProfile);
  const last = items.at(-1);
  return { items, next: rows.length > asked.limit && last ? encodeAfter(last.username) : null };
}

function encodeAfter(username: string): string {
  return Buffer.from(username).toString('base64url');
}

function decodeAfter(text: string): string {
  const username = Buffer.from(text, 'base64url').toString();
  if (!/^[a-z0-9_.-]{1,32}$/.test(username))
    throw fail('request.invalid', 'after must be the next of an earlier page, unchanged.');
  return username;
}
