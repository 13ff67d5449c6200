import { expect, test } from 'vitest';
import { foldName } from './fold-name.ts';

test.each([
  ['Crème', 'creme'],
  ['Zoë', 'ZOE\u0308'],
  ['Straße', 'STRASSE'],
  ['Łódź', 'lodz'],
  ['ﾃﾞｰﾀ', 'データ'],
  ['שָׁלוֹם', 'שלום'],
  ['ΟΔΟΣ', 'οδος'],
])('%s is %s', (name, typed) => {
  expect(foldName(name)).toBe(foldName(typed));
});

test.each([
  ['ガ', 'カ'],
  ['हिन्दी', 'हन्द'],
])('%s is not %s', (name, typed) => {
  expect(foldName(name)).not.toBe(foldName(typed));
});
