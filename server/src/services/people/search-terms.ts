import { fold } from '../../model/text/fold.ts';
import { queryTerms, textTerms } from '../../model/text/terms.ts';

/**
 * What a person is found by: the terms of the name, and the username whole, so that both its beginning and the beginning of any
 * word find the person. Pure.
 */
export function createSearchTerms(username: string, name: string): readonly string[] {
  return [...new Set([username, ...textTerms(name)])];
}

/**
 * The tsquery (as text) for what somebody typed: the whole of it begins the username, or every word of it begins a word. null:
 * nothing in it can be searched for.
 */
export function createSearchQuery(typed: string): string | null {
  const whole = fold(typed).trim().replace(/^@/, '');
  const asUsername = /^[a-z0-9_.-]{1,32}$/.test(whole) ? prefix(whole) : null;
  const parts = queryTerms(typed);
  const asWords = parts.length === 0 ? null : parts.map(prefix).join(' & ');
  if (asUsername && asWords) return `(${asUsername}) | (${asWords})`;
  return asUsername ?? asWords;
}

/** No term holds a quote: nothing in it can end the quotes. */
function prefix(word: string): string {
  return `'${word}':*`;
}
