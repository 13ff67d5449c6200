import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey } from './address-key.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test('all addresses of a /64 are one, and of two they are two', () => {
  const groups = fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 4, maxLength: 4 });
  const write = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(':');
  fc.assert(
    fc.property(groups, groups, groups, (network, one, other) => {
      expect(addressKey(write([...network, ...one]))).toBe(addressKey(write([...network, ...other])));
      expect(addressKey(`${write(network)}::7`)).toBe(addressKey(write([...network, ...one])));
      const same = write(network) === write(other);
      expect(addressKey(write([...network, ...one])) === addressKey(write([...other, ...one]))).toBe(same);
    }),
  );
});
