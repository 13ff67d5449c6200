import { describe, expect, test } from 'vitest';
import { parseId, parsePage, parsePassword } from './parse.ts';

describe('pages', () => {
  test('have 25, or as many as the list usually has; 200 at the most', () => {
    expect(parsePage(null)).toEqual({ limit: 25 });
    expect(parsePage({ size: 0, cursor: '' }, 10)).toEqual({ limit: 10 });
    expect(parsePage({ size: 200, cursor: 'c' })).toEqual({ limit: 200, after: 'c' });
  });

  test.each([-1, 201, 1.5])('of %s are refused', (size) => {
    expect(() => parsePage({ size })).toThrow('size must be from 1 to 200.');
  });
});

describe('a password that is chosen', () => {
  test.each(['Password@123', 'aA1-aA1-', 'aA1!@#$%&*-'])('%s is taken', (password) => {
    expect(parsePassword('password', password)).toBe(password);
  });

  test.each([
    ['seven characters', 'aA1-aA1'],
    ['no lower case', 'PASSWORD@123'],
    ['no upper case', 'password@123'],
    ['no digit', 'Password@abc'],
    ['no sign', 'Password1234'],
    ['a sign of others', 'Password@12^'],
    ['a space', 'Password @123'],
    ['a line after it', 'Password@123\n'],
  ])('%s is refused', (_, password) => {
    expect(() => parsePassword('password', password)).toThrow('password must have 8 or more');
  });
});

test.each(["' or 1=1", '1', '', null, '0190cccc-0000-7000-8000-000000000003 '])('%j is no id', (text) => {
  expect(() => parseId('roomId', text)).toThrow('roomId must be a UUID.');
});
