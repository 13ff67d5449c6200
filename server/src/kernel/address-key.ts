import { isIPv6 } from 'node:net';

/**
 * By what somebody at an address is counted: an IPv4 address itself, also one written as IPv6; of an IPv6 address the /64, because who
 * has one has all of them. What is no address is taken as it is.
 */
export function addressKey(address: string): string {
  const plain = address.split('%', 1)[0]!.toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped) return mapped[1]!;
  if (!isIPv6(plain)) return address;
  // The dotted end of an address takes the place of two groups.
  const [head = '', tail] = plain.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const filled = tail === undefined ? groups : [...groups, ...new Array<string>(8 - groups.length - after).fill('0')];
  const all = tail ? [...filled, ...tail.split(':')] : filled;
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
