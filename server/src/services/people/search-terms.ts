/**
 * Words for finding people: lower case, without accents, as NFKD takes them apart. The username stays whole beside the words
 * of the name, so that both its beginning and the beginning of any word find the person. Pure.
 */
export function createSearchTerms(username: string, name: string): readonly string[] {
  return [...new Set([username, ...words(name)])];
}

/**
 * The tsquery (as text) for what somebody typed: the whole of it begins the username, or every word of it begins a word. null:
 * nothing in it can be searched for.
 */
export function createSearchQuery(typed: string): string | null {
  const whole = fold(typed).trim().replace(/^@/, '');
  const asUsername = /^[a-z0-9_.-]{1,32}$/.test(whole) ? prefix(whole) : null;
  const parts = words(typed);
  const asWords = parts.length === 0 ? null : parts.map(prefix).join(' & ');
  if (asUsername && asWords) return `(${asUsername}) | (${asWords})`;
  return asUsername ?? asWords;
}

const mostWords = 16;
const longestWord = 64;

function words(text: string): readonly string[] {
  const found = fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(found.slice(0, mostWords).map((word) => [...word].slice(0, longestWord).join('')))];
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Letters, digits, dot, underscore and hyphen only: nothing in it can end the quotes. */
function prefix(word: string): string {
  return `'${word}':*`;
}
