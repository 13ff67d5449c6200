import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createId, type SessionId } from '../../../kernel/ids.ts';
import {
  createCode,
  createCookieSecret,
  createRefreshToken,
  hashCode,
  parseCookieSecret,
  parseRefreshToken,
  rotate,
} from './opaque-tokens.ts';

const session = createId<SessionId>();

test('a token is read back, and a rotated one keeps session and family', () => {
  const token = createRefreshToken(session);
  expect(token.session).toBe(session);
  expect(parseRefreshToken(token.text)).toEqual(token);
  const next = rotate(token.text);
  expect([next.session, next.familyHash]).toEqual([session, token.familyHash]);
  expect(next.rotationHash).not.toEqual(token.rotationHash);
  expect(parseRefreshToken(next.text)).toEqual(next);
  const cookie = createCookieSecret(session);
  expect(parseCookieSecret(cookie.text)).toEqual(cookie);
  const code = createCode();
  expect(hashCode(` ${code.text}\n`)).toEqual(code.hash);
});

test('one changed character is another token or none', () => {
  const { text, familyHash, rotationHash } = createRefreshToken(session);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'AZaz09-_=+/ '), (at, character) => {
      fc.pre(text[at] !== character);
      const other = parseRefreshToken(text.slice(0, at) + character + text.slice(at + 1));
      const same =
        other?.session === session && other.familyHash.equals(familyHash) && other.rotationHash.equals(rotationHash);
      expect(same).toBe(false);
    }),
  );
});

test('anything else is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
      for (const parsed of [parseRefreshToken(text), parseCookieSecret(text)]) {
        if (parsed) expect(parsed.text).toBe(text);
      }
    }),
  );
});
