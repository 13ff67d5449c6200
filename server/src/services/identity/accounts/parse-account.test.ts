import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../kernel/errors.ts';
import { parseAccount, parseEmail, parsePassword, parsePhone, parseUsername } from './parse-account.ts';

const invalid = expect.objectContaining({ code: 'request.invalid' });

describe('usernames', () => {
  test('are folded to lower case', () => {
    expect(parseUsername('Ada.Love-lace_1')).toBe('ada.love-lace_1');
  });
  test.each(['ab', 'a'.repeat(33), 'a b', 'ada@x', 'ädа', '', 'ad\0a', "a'--", '\u212Aelvin'])('refuses %j', (text) => {
    expect(() => parseUsername(text)).toThrow(invalid);
  });
});

describe('passwords', () => {
  test.each(['password', 'PassWord1', '12345678', 'iloveyou', 'correcthorsebatterystaple'])(
    '%s is what everybody tries first',
    (password) => {
      expect(() => parsePassword(password)).toThrow('tries first');
    },
  );
  test('are counted in characters and kept as they are', () => {
    expect(parsePassword('  ｐａｓｓ１２３ ')).toBe('  ｐａｓｓ１２３ ');
    expect(() => parsePassword('👍👍👍👍')).toThrow(invalid);
    expect(() => parsePassword('1234567')).toThrow(invalid);
    expect(() => parsePassword('a'.repeat(257))).toThrow(invalid);
    expect(() => parsePassword('1234567\0')).toThrow(invalid);
    expect(() => parsePassword('12345678\ud800')).toThrow(invalid);
  });
});

test.each(['ada', 'ada@', '@x', 'a b@x', 'a@x\r\nBcc: y@z', 'a\0@x', 'a@b@c', '<a@x>', `${'a'.repeat(254)}@x`])(
  'refuses the address %j',
  (text) => {
    expect(() => parseEmail(text)).toThrow(invalid);
  },
);

test('a phone number is digits and what people write between them, kept as they are', () => {
  for (const phone of ['1', '+49 30 901-820', '(555) 123-4567', '030/901.820', '0'.repeat(32)])
    expect(parsePhone(phone)).toBe(phone);
  for (const text of ['', ' ', '+', '0'.repeat(33), '()', 'call me', '1\n2', '1\0', '٣'])
    expect(() => parsePhone(text)).toThrow(invalid);
});

test('a name is one trimmed line, and by default the username', () => {
  expect(parseAccount({ username: 'ada', name: '  Ada Lovelace ' }).name).toBe('Ada Lovelace');
  for (const name of ['', '   ', 'a\nb', 'a\0', 'a'.repeat(101)]) {
    expect(() => parseAccount({ username: 'ada', name })).toThrow(invalid);
  }
  expect(parseAccount({ username: 'ada' })).toEqual({
    ...{ username: 'ada', email: null, password: null, name: 'ada', phone: null },
  });
});

test('whatever comes in is parsed or refused as invalid', () => {
  const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), { nil: undefined });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text, text, text, text, (username, email, password, name, phone) => {
      try {
        const parsed = parseAccount({ username, email, password, name, phone });
        expect(`${parsed.username}${parsed.email}${parsed.name}${parsed.phone}`).not.toContain('\0');
      } catch (thrown) {
        expect((thrown as Failure).code).toBe('request.invalid');
      }
    }),
  );
});
