import { AssertionError } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

interface Property<Subject> {
  readonly name: string;
  check(subject: Subject): Promise<void>;
}

export interface FaultSuite<Subject, Fault extends string> {
  readonly properties: readonly Property<Subject>[];
  /** Words of the property that must notice the fault. */
  readonly noticedBy: Readonly<Record<Fault, string>>;
  /** Words of other properties that cannot hold where this fault is. All that are not named here must hold. */
  readonly alsoBroken?: Readonly<Partial<Record<Fault, readonly string[]>>>;
  /** A sound subject of its own for each call. */
  create(): Subject | Promise<Subject>;
  break(sound: Subject, fault: Fault): Subject;
}

/**
 * Proves that a conformance suite notices what it is there for: of an adapter with one fault, the property meant for it fails with
 * an assertion of its own, while a sound adapter keeps it; and the broken one keeps every other, but those that the suite names
 * because they stand on the broken thing. So a fault is found by what is meant to find it, and not because nothing works any more.
 */
export function describeFaults<Subject, Fault extends string>(suite: FaultSuite<Subject, Fault>): void {
  describe('the suite notices that', () => {
    for (const fault of Object.keys(suite.noticedBy) as Fault[]) {
      test(fault, async () => {
        const judgeBroken = async (property: Property<Subject>) =>
          judge(property, suite.break(await suite.create(), fault), suite.create);
        const meant = suite.properties.find(({ name }) => name.includes(suite.noticedBy[fault]));
        if (!meant) throw new Error(`no property is named "${suite.noticedBy[fault]}"`);
        const { end, thrown } = await judgeBroken(meant);
        // Whatever else is thrown is a fault of the test, or of the way in which the adapter was broken: nobody has noticed anything.
        if (end === 'fails') expect(thrown).toBeInstanceOf(AssertionError);
        expect(end).not.toBe('holds');
        const others = suite.properties.filter((property) => property !== meant);
        const judged = await Promise.all(
          others.map(async (other) => ({ name: other.name, ...(await judgeBroken(other)) })),
        );
        const broken = judged.filter((other) => other.end !== 'holds').map((other) => other.name);
        const words = suite.alsoBroken?.[fault] ?? [];
        for (const word of words)
          expect(
            others.some(({ name }) => name.includes(word)),
            word,
          ).toBe(true);
        const unnamed = broken.filter((name) => !words.some((word) => name.includes(word)));
        expect(unnamed, 'the other properties that do not hold').toEqual([]);
      });
    }
  });
}

/** A sound adapter has kept the property so often while the broken one was still at it. */
const enough = 20;

/**
 * How a property ends on a broken adapter. Some faults show as something that never happens. That is told by what a sound adapter
 * can do meanwhile and not by a clock: a slow machine is slow for both.
 */
async function judge<Subject>(
  property: Property<Subject>,
  broken: Subject,
  create: () => Subject | Promise<Subject>,
): Promise<{ readonly end: 'holds' | 'fails' | 'never ends'; readonly thrown?: unknown }> {
  let end: 'holds' | 'fails' | undefined;
  let thrown: unknown;
  const checked = property.check(broken).then(
    () => {
      end = 'holds';
    },
    (error) => {
      end = 'fails';
      thrown = error;
    },
  );
  for (let times = 0; times < enough && !end; times++) {
    await property.check(await create());
    await Promise.race([checked, pause(1)]);
  }
  return { end: end ?? 'never ends', thrown };
}
