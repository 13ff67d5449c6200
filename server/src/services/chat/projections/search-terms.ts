/**
 * What of a text can be searched for, for the index and for the query alike. Words are lower-cased and lose their accents;
 * scripts written without spaces are cut into pairs of characters, because a two-character word must be found (MESSAGE-PATH
 * rule 29). Pure, and bounded whatever the text.
 */
export const searchLimits = { terms: 64, termLength: 64 } as const;

/** Where a term stands in the original text (UTF-16 units), for the excerpt. */
export interface PlacedTerm {
  readonly term: string;
  readonly start: number;
}

/**
 * The distinct terms a text is found by, 64 at the most. The last character of a run without spaces is a term too, so that
 * every single character is the beginning of some term.
 */
export function searchTerms(text: string): readonly string[] {
  const terms = new Set<string>();
  for (const { term } of placeTerms(text)) {
    terms.add(term);
    if (terms.size === searchLimits.terms) break;
  }
  return [...terms];
}

/** What must be found for a query: all of these terms, the last one as the beginning of a term. */
export function queryTerms(query: string): readonly string[] {
  const terms: string[] = [];
  for (const word of words(query)) {
    const pairs = isUnspaced(word.text) ? pairsOf(word.text) : [shorten(word.text)];
    for (const term of pairs) if (!terms.includes(term)) terms.push(term);
    if (terms.length >= searchLimits.terms) break;
  }
  return terms.slice(0, searchLimits.terms);
}

/** Every term with its place, in the order of the text. */
export function* placeTerms(text: string): Generator<PlacedTerm> {
  for (const word of words(text)) {
    if (!isUnspaced(word.text)) {
      yield { term: shorten(word.text), start: word.start };
      continue;
    }
    for (const term of pairsOf(word.text)) yield { term, start: word.start };
    const last = [...word.text].at(-1) as string;
    yield { term: last, start: word.start };
  }
}

const anyWord = /[\p{L}\p{N}\p{M}]+/gu;
const plainWord = /[a-z0-9]+/g;
const unspacedRun =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+/gu;

function* words(text: string): Generator<{ readonly text: string; readonly start: number }> {
  if (isAscii(text)) {
    for (const match of text.toLowerCase().matchAll(plainWord)) yield { text: match[0], start: match.index };
    return;
  }
  for (const run of text.matchAll(anyWord)) {
    // Normalising may change lengths, so the place is that of the run, cut by script before it is normalised.
    for (const part of run[0].matchAll(unspacedRun)) {
      for (const word of normalise(part[0]).match(anyWord) ?? []) yield { text: word, start: run.index + part.index };
    }
  }
}

/** Compatibility forms unified, lower case, Latin, Greek and Cyrillic accents off; Hangul and kana are put together again. */
function normalise(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ς', 'σ')
    .normalize('NFC');
}

function isUnspaced(word: string): boolean {
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(word);
}

function pairsOf(run: string): readonly string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}

function shorten(word: string): string {
  return word.length <= searchLimits.termLength ? word : [...word].slice(0, searchLimits.termLength).join('');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
