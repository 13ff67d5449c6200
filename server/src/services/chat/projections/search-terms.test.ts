import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeTerms, queryTerms, searchLimits, searchTerms } from './search-terms.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('你', '好', '世', 'ガ', 'ー', '한', 'a', 'É', ' ', '1', '😀'), maxLength: 40 }),
);

describe('searchTerms', () => {
  test.each([
    ['Hello, hello WORLD', ['hello', 'world']],
    ['Crème brûlée', ['creme', 'brulee']],
    ['ΟΔΟΣ', ['οδοσ']],
    ['你好世界', ['你好', '好世', '世界', '界']],
    ['好', ['好']],
    ['ﬁne ２０', ['fine', '20']],
    ['v2你好', ['v2', '你好', '好']],
    ['한국어', ['한국', '국어', '어']],
    ['null "quoted" \\', ['null', 'quoted']],
    ['😀 — !', []],
  ])('%s', (text, terms) => {
    expect(searchTerms(text)).toEqual(terms);
  });

  test('is bounded and holds nothing but letters, digits and marks', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const terms = searchTerms(text);
        expect(terms.length).toBeLessThanOrEqual(searchLimits.terms);
        expect(new Set(terms).size).toBe(terms.length);
        for (const term of terms) {
          expect([...term].length).toBeLessThanOrEqual(searchLimits.termLength);
          expect(term).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
        }
      }),
    );
  });

  test('a long text costs no more than its first terms', () => {
    const text = Array.from({ length: 5_000 }, (_, i) => `w${i}`).join(' ');
    expect(searchTerms(text)).toHaveLength(searchLimits.terms);
    expect(searchTerms('x'.repeat(16_000))[0]).toHaveLength(searchLimits.termLength);
  });
});

test('a text is found by every part of itself', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('alpha', 'Élan', '你好世', '好', 'ガード', 'x1'), { maxLength: 8 }),
      (words) => {
        const indexed = searchTerms(words.join(' '));
        for (const word of words) {
          const asked = queryTerms(word);
          const last = asked.at(-1) as string;
          for (const term of asked.slice(0, -1)) expect(indexed).toContain(term);
          expect(indexed.some((term) => term.startsWith(last))).toBe(true);
        }
      },
    ),
  );
});

test('a single character inside a run is found', () => {
  for (const character of '你好世界') {
    const [asked] = queryTerms(character);
    expect(searchTerms('你好世界').some((term) => term.startsWith(asked as string))).toBe(true);
  }
});

test('places lie inside the text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const { start } of placeTerms(text)) expect(start).toBeLessThan(text.length);
    }),
  );
});
