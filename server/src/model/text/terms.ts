import { fold, isAscii } from './fold.ts';

/**
 * What a text is found by, for the index and for the query alike. Scripts written without spaces are cut into pairs of characters,
 * because a two-character word must be found (MESSAGE-PATH rule 29). Pure, and bounded whatever the text: a term of a text has
 * 64 characters at the most, all its terms together 64 Ki UTF-16 units, which a text of 16 KiB does not reach; a query has 512 terms.
 */
export const termLimits = { termLength: 64, units: 65_536, queryTerms: 512 } as const;

/** Where a term stands in the original text (UTF-16 units), for the excerpt. */
export interface PlacedTerm {
  readonly term: string;
  readonly start: number;
}

/** The distinct terms of a text. They hold letters, digits, marks, `+`, `#` and symbols beyond ASCII: no space, no quote. */
export function textTerms(text: string): readonly string[] {
  const terms = new Set<string>();
  let units = 0;
  for (const word of words(text)) {
    for (const term of indexedBy(word)) {
      if (terms.has(term)) continue;
      units += term.length;
      if (units > termLimits.units) return [...terms];
      terms.add(term);
    }
  }
  return [...terms];
}

/** What must be found for a query: all of these terms, the last one as the beginning of a term. */
export function queryTerms(query: string): readonly string[] {
  const terms = new Set<string>();
  for (const word of words(query)) {
    for (const term of askedBy(word)) {
      // What was typed last is asked for last.
      terms.delete(term);
      terms.add(term);
      if (terms.size >= termLimits.queryTerms) return [...terms];
    }
  }
  return [...terms];
}

/** Every term with its place, in the order of the text. */
export function* placeTerms(text: string): Generator<PlacedTerm> {
  for (const word of words(text)) {
    const { start, end } = word;
    const terms = indexedBy(word);
    for (const [i, term] of terms.entries()) {
      // The terms of a run stand one after the other, the parts of a word within it.
      yield { term, start: word.kind === 'run' ? start + Math.floor(((end - start) * i) / terms.length) : start };
    }
  }
}

interface Word {
  readonly text: string;
  /** `run`: of a script without spaces; `joined`: holds an apostrophe or ends with what belongs to a name (C++, F#). */
  readonly kind: 'plain' | 'joined' | 'run';
  readonly start: number;
  readonly end: number;
}

/** + and # belong to the word before them: C++ is not C. */
const ending = String.raw`(?:\+\+|#|\+(?![\p{L}\p{N}+]))?`;
const asciiWord = new RegExp(`[a-z0-9]+(?:'[a-z0-9]+)*${ending}`, 'gu');

/** A Hangul word takes endings without a space. U+3099 and U+309A: the marks of kana that have no letter of their own. */
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}ー\u3099\u309a\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Javanese}\p{Script=Balinese}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}`;
const spaced = String.raw`(?:(?![${unspaced}])[\p{L}\p{N}\p{M}])`;
const anyWord = new RegExp(
  String.raw`(?<run>(?:(?=[\p{L}\p{N}\p{M}])[${unspaced}])+)|(?<word>${spaced}+(?:'${spaced}+)*${ending})|\p{RI}{2}|(?![\0-\x7f])\p{S}`,
  'gu',
);

function* words(text: string): Generator<Word> {
  if (isAscii(text)) {
    yield* asciiWords(text, 0);
    return;
  }
  for (const { 0: chunk, index } of text.matchAll(/\S+/g)) {
    if (isAscii(chunk)) {
      yield* asciiWords(chunk, index);
      continue;
    }
    const folded = fold(chunk);
    // Folding may change lengths, so that a place inside is as far along in the text as it is in the fold.
    const place = (at: number) => index + Math.floor((at * chunk.length) / folded.length);
    for (const { 0: word, index: at, groups } of folded.matchAll(anyWord)) {
      const [start, end] = [place(at), place(at + word.length)];
      yield { text: word, kind: groups?.run ? 'run' : groups?.word ? kindOf(word) : 'plain', start, end };
    }
  }
}

function* asciiWords(text: string, from: number): Generator<Word> {
  for (const { 0: word, index } of text.toLowerCase().matchAll(asciiWord)) {
    const start = from + index;
    yield { text: word, kind: kindOf(word), start, end: start + word.length };
  }
}

function kindOf(word: string): 'plain' | 'joined' {
  return /['+#]/.test(word) ? 'joined' : 'plain';
}

/** O'Brien is found by obrien, o and brien; C++ by c++ and c. */
function indexedBy({ text, kind }: Word): readonly string[] {
  if (kind === 'plain') return [shorten(text)];
  if (kind === 'run') return [...pairsOf(text), lastOf(text)];
  return [text.replaceAll("'", ''), ...text.replace(/[+#]+$/, '').split("'")].map(shorten);
}

function askedBy({ text, kind }: Word): readonly string[] {
  return kind === 'run' ? pairsOf(text) : [shorten(text.replaceAll("'", ''))];
}

function pairsOf(run: string): readonly string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}

/** The last character is a term too, so that every single character is the beginning of some term. */
function lastOf(run: string): string {
  return [...run].at(-1) as string;
}

function shorten(word: string): string {
  return word.length <= termLimits.termLength ? word : [...word].slice(0, termLimits.termLength).join('');
}
