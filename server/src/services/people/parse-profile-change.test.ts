import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../kernel/errors.ts';
import { createId } from '../../kernel/ids.ts';
import { parseProfileChange } from './parse-profile-change.ts';

describe('a change of the profile', () => {
  test('keeps what is not named apart from what is emptied', () => {
    expect(parseProfileChange({})).toEqual({});
    expect(parseProfileChange({ about: null, avatar: null })).toEqual({ about: null, avatar: null });
  });
  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://x.org/a.png',
    'https://',
    'https://x.org/a b',
    '/a.png',
    '',
  ])('refuses the avatar %j', (avatar) => {
    expect(() => parseProfileChange({ avatar })).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
  test('takes an attachment or a URL as avatar', () => {
    for (const avatar of [createId<string>(), 'https://x.org/a.png?b=c']) {
      expect(parseProfileChange({ avatar })).toMatchObject({ avatar });
    }
  });
  test('takes an object of at most 16 KiB as settings, character for character', () => {
    const settings = ' {"a" : 1, "b":"\\u00e4"} ';
    expect(parseProfileChange({ settings })).toMatchObject({ settings });
    const deep = `{"a":${'['.repeat(70)}${']'.repeat(70)}}`;
    const harmful = ['{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e999}', '{"a":1,"a":2}', deep];
    for (const bad of ['', 'null', '[]', '1', '{', '{"a":1}x', '\0', ...harmful]) {
      expect(() => parseProfileChange({ settings: bad })).toThrow(expect.objectContaining({ code: 'request.invalid' }));
    }
    const large = JSON.stringify({ a: 'ä'.repeat(8_200) });
    expect(() => parseProfileChange({ settings: large })).toThrow(
      expect.objectContaining({ code: 'request.too_large' }),
    );
  });
  test('is parsed or refused as invalid, whatever it holds', () => {
    const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), { nil: undefined });
    fc.assert(
      fc.property(text, text, text, text, (name, about, avatar, settings) => {
        try {
          parseProfileChange({ name, about, avatar, settings });
        } catch (thrown) {
          expect((thrown as Failure).code).toBe('request.invalid');
        }
      }),
    );
  });
});
