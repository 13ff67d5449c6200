import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientAddress, noProxies, parseTrustedProxies, settleForwarded } from './trusted-proxies.ts';

describe('where a request comes from', () => {
  test.each([
    ['false', '192.0.2.1', '10.0.0.1', '192.0.2.1'],
    ['true', '192.0.2.1', undefined, '192.0.2.1'],
    ['true', '192.0.2.1', '198.51.100.7', '198.51.100.7'],
    ['true', '192.0.2.1', '6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['2', '192.0.2.1', '6.6.6.6, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['2', '192.0.2.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '10.1.1.1', '6.6.6.6, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.0/8', '192.0.2.1', '6.6.6.6', '192.0.2.1'],
    ['10.0.0.0/8', '::ffff:10.1.1.1', '198.51.100.7', '198.51.100.7'],
    ['fd00::/8,127.0.0.1', 'fd00::1', '2001:db8::7, 127.0.0.1', '2001:db8::7'],
    ['true', '192.0.2.1', '<img src=x>', '192.0.2.1'],
    ['2', '192.0.2.1', '<img src=x>, 10.0.0.2', '10.0.0.2'],
    ['true', '192.0.2.1', '198.51.100.7:4711', '198.51.100.7'],
    ['true', '192.0.2.1', '[2001:db8::7]:4711', '2001:db8::7'],
    ['true', '192.0.2.1', '198.51.100.7,', '192.0.2.1'],
  ])('--trust-proxy %s, from %s, which says %s: %s', (option, peer, said, address) => {
    expect(clientAddress(peer, said, parseTrustedProxies(option))).toBe(address);
  });

  test('whatever a client writes, an address it is, and what it writes first changes nothing', () => {
    const proxies = parseTrustedProxies('true');
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (said, seen) => {
        expect(isIP(clientAddress('192.0.2.1', said, proxies))).not.toBe(0);
        expect(clientAddress('192.0.2.1', `${said}, ${seen}`, proxies)).toBe(seen);
      }),
    );
  });
});

test.each(['maybe', '33', '-1', '10.0.0.0/33', '10.0.0', '::1/129', '10.0.0.0/8,', ''])(
  '"%s" trusts nobody and is refused',
  (text) => {
    expect(() => parseTrustedProxies(text)).toThrow('must be true, false');
  },
);

test('of the headers of a stranger nothing is left, of a proxy’s what is to be believed', () => {
  const headers = () => ({
    host: 'h',
    'x-forwarded-for': '6.6.6.6, 198.51.100.7',
    'x-forwarded-host': 'chat.example.org',
    'x-forwarded-proto': 'https',
  });
  const stranger = headers();
  settleForwarded(stranger, '192.0.2.1', noProxies);
  expect(stranger).toEqual({ host: 'h' });
  const proxy = headers();
  settleForwarded(proxy, '192.0.2.1', parseTrustedProxies('192.0.2.1'));
  expect(proxy).toEqual({ ...headers(), 'x-forwarded-for': '198.51.100.7' });
});
