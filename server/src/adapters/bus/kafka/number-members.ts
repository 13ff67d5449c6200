/** A subscription's place among those of its group in this process. */
export interface Member {
  readonly number: number;
}

/**
 * Numbers subscriptions: each takes the lowest number that none of its group holds. Counted per group, so that a process has the
 * same names after a restart, however its groups overtake each other.
 */
export function createMemberNumbers() {
  const groups = new Map<string, Set<Member>>();
  return {
    enter(group: string): Member {
      const present = groups.get(group) ?? new Set();
      groups.set(group, present);
      const taken = new Set([...present].map(({ number }) => number));
      let number = 0;
      while (taken.has(number)) number++;
      const member = { number };
      present.add(member);
      return member;
    },
    leave(group: string, member: Member): void {
      groups.get(group)?.delete(member);
    },
  };
}
