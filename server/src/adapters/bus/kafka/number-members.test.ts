import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemberNumbers } from './number-members.ts';

describe('member numbers', () => {
  test('are the same whatever the order in which the groups come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }).chain((groups) =>
          fc.record({
            one: fc.constant(groups),
            other: fc.shuffledSubarray(groups, { minLength: groups.length, maxLength: groups.length }),
          }),
        ),
        ({ one, other }) => {
          const names = (groups: readonly string[]) => {
            const members = createMemberNumbers();
            return groups.map((group) => `${group}-${members.enter(group).number}`).sort();
          };
          expect(names(one)).toEqual(names(other));
        },
      ),
    );
  });

  test('who leaves gives its number back, and nobody has one twice', () => {
    const members = createMemberNumbers();
    const [first, second] = [members.enter('a'), members.enter('a')];
    expect([first.number, second.number, members.enter('b').number]).toEqual([0, 1, 0]);
    members.leave('a', first);
    expect([members.enter('a').number, members.enter('a').number]).toEqual([0, 2]);
  });
});
