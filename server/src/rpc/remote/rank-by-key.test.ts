import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createId } from '../../kernel/ids.ts';
import { findOwner } from './rank-by-key.ts';

const at = (...addresses: readonly string[]) => addresses.map((address) => ({ address }));
const pods = Array.from({ length: 8 }, (_, i) => `10.42.0.${i + 10}:5000`);
const keys = Array.from({ length: 20_000 }, () => createId<string>());

describe('the owner of a key', () => {
  test('is the same in whatever order the addresses are known', () => {
    const address = fc.tuple(fc.domain(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`);
    const known = fc.uniqueArray(address, { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.string(), known, fc.infiniteStream(fc.nat()), (key, addresses, numbers) => {
        const shuffled = addresses
          .map((one) => [numbers.next().value as number, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        expect(findOwner(key, at(...shuffled))).toEqual(findOwner(key, at(...addresses)));
      }),
    );
  });

  test.each([2, 3, 5, 8])('is each of %d addresses about as often', (count) => {
    const owned = new Map<string, number>();
    for (const key of keys) {
      const { address } = findOwner(key, at(...pods.slice(0, count)))!;
      owned.set(address, (owned.get(address) ?? 0) + 1);
    }
    for (const share of owned.values()) expect(Math.abs(share - keys.length / count)).toBeLessThan(keys.length * 0.02);
    expect(owned.size).toBe(count);
  });

  test('stays when another address goes, and moves evenly when its own does', () => {
    const gone = pods[3]!;
    const rest = pods.filter((address) => address !== gone);
    const heirs = new Map<string, number>();
    for (const key of keys) {
      const before = findOwner(key, at(...pods))!.address;
      const after = findOwner(key, at(...rest))!.address;
      if (before === gone) heirs.set(after, (heirs.get(after) ?? 0) + 1);
      else expect(after).toBe(before);
    }
    expect(heirs.size).toBe(rest.length);
    for (const share of heirs.values()) expect(share).toBeGreaterThan((keys.length / 8 / 7) * 0.7);
  });

  test('is nobody among nobody', () => {
    expect(findOwner('key', [])).toBeUndefined();
  });
});
