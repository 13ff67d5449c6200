import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../kernel/errors.ts';
import { findCredential, readCookie } from './authenticate.ts';
import { isSameOrigin } from './same-origin.ts';

const rule = { allowedOrigins: ['https://app.example.org'], trustProxy: false };
const cookie = 'a=1; parley_session=secret; b=2';

describe('findCredential', () => {
  test('the explicit one comes before the ambient one', () => {
    const source = { method: 'GET', headers: { authorization: 'Bearer abc', cookie }, url: '/realtime?token=t' };
    expect(findCredential(source, rule)).toEqual({ kind: 'bearer', value: 'abc' });
    expect(findCredential({ ...source, headers: { cookie } }, rule)).toEqual({ kind: 'query', value: 't' });
  });

  test('a protocol may have a word of its own beside Bearer, in the URL too', () => {
    const find = (authorization: string) => findCredential({ method: 'GET', headers: { authorization } }, rule, 'Word');
    expect(find('Word abc')).toEqual({ kind: 'bearer', value: 'abc' });
    expect(find('bearer abc')?.value).toBe('abc');
    for (const bad of ['Word', 'word abc', 'Word a b', 'Words abc', '']) expect(() => find(bad)).toThrow(Failure);
    const url = (token: string) => ({ method: 'GET', headers: {}, url: `/?token=${token}` });
    expect(findCredential(url('Word%20abc'), rule, 'Word')?.value).toBe('abc');
    expect(findCredential(url('Word+abc'), rule, 'Word')?.value).toBe('abc');
    expect(findCredential(url('abc'), rule, 'Word')?.value).toBe('abc');
    expect(findCredential(url('Word%20abc'), rule)?.value).toBe('Word abc');
  });

  test('a token in the URL counts for sockets only', () => {
    expect(findCredential({ method: 'GET', headers: {} }, rule)).toBeNull();
  });

  test('a cookie reads; it writes, or opens a socket, only from our own pages', () => {
    const get = { method: 'GET', headers: { cookie } };
    expect(findCredential(get, rule)).toEqual({ kind: 'cookie', value: 'secret' });
    const forbidden = expect.objectContaining({ code: 'action.forbidden' });
    expect(() => findCredential({ ...get, method: 'POST' }, rule)).toThrow(forbidden);
    expect(() => findCredential({ ...get, url: '/realtime' }, rule)).toThrow(forbidden);
    const own = { cookie, host: 'chat.test:4000', origin: 'http://chat.test:4000' };
    expect(findCredential({ method: 'POST', headers: own }, rule)?.kind).toBe('cookie');
    expect(findCredential({ method: 'GET', headers: own, url: '/realtime' }, rule)?.kind).toBe('cookie');
  });

  test('a credential that is none is refused, not overlooked', () => {
    expect(() => findCredential({ method: 'GET', headers: { authorization: 'Basic abc' } }, rule)).toThrow(
      expect.objectContaining({ code: 'token.invalid' }),
    );
  });

  test('no header makes it throw anything but a failure', () => {
    const header = fc.option(fc.string(), { nil: undefined });
    const headers = fc.record({ authorization: header, cookie: header, origin: header, host: header });
    fc.assert(
      fc.property(headers, fc.string(), (given, url) => {
        const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        try {
          findCredential({ method: 'POST', headers: present, url }, rule);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

describe('isSameOrigin', () => {
  const host = 'chat.test';
  test.each([
    [{ host, origin: 'http://chat.test' }, true],
    [{ host, origin: 'https://app.example.org' }, true],
    [{ host, origin: 'http://evil.test' }, false],
    [{ host, origin: 'http://chat.test.evil.test' }, false],
    [{ host, origin: 'http://chat.test:8080' }, false],
    [{ host, origin: 'null' }, false],
    [{ host, 'sec-fetch-site': 'same-origin' }, true],
    [{ host, 'sec-fetch-site': 'none' }, true],
    [{ host, 'sec-fetch-site': 'same-site' }, false],
    [{ host, 'sec-fetch-site': 'cross-site' }, false],
    [{ host, origin: 'http://evil.test', 'sec-fetch-site': 'same-origin' }, false],
    [{ host }, false],
    [{ host: 'inner', 'x-forwarded-host': 'chat.test', origin: 'http://chat.test' }, false],
  ])('%j: %s', (headers, expected) => {
    expect(isSameOrigin(headers, rule)).toBe(expected);
  });

  test('behind a proxy the outer host and scheme count', () => {
    const outer = { host: 'inner:4000', 'x-forwarded-host': 'chat.test', 'x-forwarded-proto': 'https' };
    const trusting = { ...rule, trustProxy: true };
    expect(isSameOrigin({ ...outer, origin: 'https://chat.test' }, trusting)).toBe(true);
    expect(isSameOrigin({ ...outer, origin: 'http://chat.test' }, trusting)).toBe(false);
  });
});

test('readCookie finds one name among many', () => {
  expect(readCookie(cookie, 'b')).toBe('2');
  expect(readCookie('parley_sessions=x', 'parley_session')).toBeNull();
  expect(readCookie(undefined, 'b')).toBeNull();
  expect(readCookie('b=', 'b')).toBeNull();
});
