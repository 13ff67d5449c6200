import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignPartitions, type GroupMember } from './assign-partitions.ts';

const partitions = (count: number) => Array.from({ length: count }, (_, i) => `t:${i}`);
const newcomer = (id: string): GroupMember => ({ id, owned: [], generation: -1 });

/** What the members do with an answer: keep what they still have, take what is new, claim no more what they lost. */
function answer(members: readonly GroupMember[], given: ReadonlyMap<string, readonly string[]>, generation: number) {
  return members.map(({ id }): GroupMember => ({ id, owned: given.get(id) ?? [], generation }));
}

test('a second member gets its half in the round after the first has let go of it', () => {
  const first: GroupMember = { id: 'a', owned: partitions(4), generation: 1 };
  const round1 = assignPartitions([first, newcomer('b')], partitions(4));
  expect([...round1]).toEqual([
    ['a', ['t:0', 't:1']],
    ['b', []],
  ]);
  const round2 = assignPartitions(answer([first, newcomer('b')], round1, 2), partitions(4));
  expect(round2.get('a')).toEqual(['t:0', 't:1']);
  expect(round2.get('b')).toEqual(['t:2', 't:3']);
});

test('of two claims the later one counts', () => {
  const old: GroupMember = { id: 'a', owned: ['t:0'], generation: 3 };
  const current: GroupMember = { id: 'b', owned: ['t:0'], generation: 4 };
  expect(assignPartitions([old, current], ['t:0']).get('b')).toEqual(['t:0']);
  expect(assignPartitions([current, old], ['t:0']).get('b')).toEqual(['t:0']);
});

const claims = fc.array(
  fc.record({ owned: fc.uniqueArray(fc.integer({ min: 0, max: 30 })), generation: fc.integer({ min: 0, max: 3 }) }),
  { minLength: 1, maxLength: 8 },
);

test('gives nothing twice, nothing that another claims, and is fair and settled after two rounds', () => {
  fc.assert(
    fc.property(claims, fc.integer({ min: 1, max: 24 }), (found, count) => {
      const all = partitions(count);
      let members = found.map(
        ({ owned, generation }, i): GroupMember => ({ id: `m${i}`, owned: owned.map((n) => `t:${n}`), generation }),
      );
      for (let generation = 4; generation < 7; generation++) {
        const given = assignPartitions(members, all);
        const flat = [...given.values()].flat();
        expect(new Set(flat).size).toBe(flat.length);
        for (const [id, mine] of given) {
          for (const partition of mine) {
            const claimants = members.filter((m) => m.owned.includes(partition));
            const latest = Math.max(...claimants.map((m) => m.generation));
            if (claimants.length > 0) {
              expect(claimants.filter((m) => m.generation === latest).map((m) => m.id)).toContain(id);
            }
          }
        }
        if (generation === 6) {
          expect(flat).toHaveLength(count);
          const sizes = [...given.values()].map((mine) => mine.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          for (const { id, owned } of members) expect([...given.get(id)!].sort()).toEqual([...owned].sort());
        }
        members = answer(members, given, generation);
      }
    }),
  );
});
