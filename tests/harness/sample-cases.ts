import { createHash } from 'node:crypto';
import { topology } from './topologies.ts';

/** One in so many is tried where the whole set is tried elsewhere. */
const share = 5;

/** `npm test` takes it from the commit, so that every commit tries others and one commit always the same. */
const seed = Number(process.env.PARLEY_TEST_SEED ?? 1);

/**
 * All of the cases in the all-in-one topology, a share of them in others: what refuses bad input is the same code in each of
 * them, and there they show that it stands where it must and that what lies between passes it on. Never none.
 */
export function sampleCases<T>(cases: Iterable<T>): T[] {
  const all = [...cases];
  if (topology === 'all-in-one') return all;
  const chosen = all.filter((_, i) => numberOf(`${seed} ${i}`) % share === 0);
  return chosen.length > 0 ? chosen : all.slice(0, 1);
}

const numberOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE();

/** For the message of what fails. */
export const describeSample = (): string =>
  topology === 'all-in-one' ? 'all cases' : `one case in ${share}, PARLEY_TEST_SEED=${seed}`;
