import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSearchQuery, createSearchTerms } from './search-terms.ts';

test('terms are the username and the folded words of the name', () => {
  expect(createSearchTerms('j.mueller', 'Jörg-Peter MÜLLER ǅ')).toEqual(['j.mueller', 'jorg', 'peter', 'muller', 'dz']);
  expect(createSearchTerms('x.1', "'); drop --\\ 你好")).toEqual(['x.1', 'drop', '你好']);
});

test.each([
  ['Jö', "('jo':*)"],
  ['@ada', "('ada':*)"],
  ['', null],
  [' .!? ', null],
  ['x.y', "('x.y':*) | ('x':* & 'y':*)"],
])('%j is asked as %s', (typed, expected) => {
  const query = createSearchQuery(typed);
  if (expected === null) expect(query).toBeNull();
  else expect(query).toContain(expected);
});

test('nothing typed can leave its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const query = createSearchQuery(typed) ?? '';
      expect(query.replace(/'[\p{L}\p{N}._-]+':\*/gu, '')).toMatch(/^[()&| ]*$/);
    }),
  );
});
