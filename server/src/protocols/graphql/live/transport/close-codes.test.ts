import { expect, test } from 'vitest';
import { errorTable, fail } from '../../../../kernel/errors.ts';
import { closeCodeOf, toCloseCode } from './close-codes.ts';

/** What graphql-ws's client takes for "do not come back"; after all others it does. */
const final = [4400, 4401, 4406, 4409, 4429, 4500];

test('whoever was not let in comes back when that helps, and only then', () => {
  for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
    const comesBack = errorTable[code].retryable || code === 'token.expired';
    expect([code, !final.includes(closeCodeOf(fail(code)))]).toEqual([code, comesBack]);
  }
});

test.each([
  ['token.missing', 4401],
  ['token.invalid', 4401],
  ['session.revoked', 4401],
  ['account.suspended', 4401],
  ['token.expired', 4403],
  ['service.overloaded', 4003],
] as const)('%s closes with %i', (code, expected) => {
  expect(closeCodeOf(fail(code))).toBe(expected);
});

test('a session that ends and a token that runs out read as graphql-ws writes them; our own codes stay', () => {
  expect([4501, 4502, 1009, 4000, 4001, 4002, 4003].map(toCloseCode)).toEqual([
    4401, 4403, 4400, 4000, 4001, 4002, 4003,
  ]);
});
