import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSearchQuery, createSearchTerms } from './search-terms.ts';

test('terms are the username and the folded words of the name', () => {
  expect(createSearchTerms('j.mueller', 'Jörg-Peter MÜLLER ǅ')).toEqual(['j.mueller', 'jorg', 'peter', 'muller', 'dz']);
  expect(createSearchTerms('x.1', "'); drop --\\ 你好")).toEqual(['x.1', 'drop', '你好', '好']);
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

test.each([
  ['小明', "('小明':*)", '王小明'],
  ['obrien', "('obrien':*)", "Conan O'Brien"],
])('%s is asked as %s, which finds %s', (typed, query, name) => {
  expect(createSearchQuery(typed)).toContain(query.slice(1, -1));
  expect(createSearchTerms('someone', name)).toContain(typed);
});

const quoted = /'(?:[\p{L}\p{N}\p{M}._+#-]|(?![\0-\x7f])\p{S})+':\*/gu;

test('nothing typed can leave its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const query = createSearchQuery(typed) ?? '';
      expect(query.replace(quoted, '')).toMatch(/^[()&| ]*$/);
    }),
  );
});
