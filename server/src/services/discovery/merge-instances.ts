import type { Instance } from '../../model/instance.ts';

/**
 * What is known of a service after an answer: the answer, when it is all there is; else also those known before, as far as no
 * newcomer has taken their place. The very same list when nothing changed, in an order that all processes share.
 */
export function mergeInstances(
  known: readonly Instance[],
  found: readonly Instance[],
  complete: boolean,
): readonly Instance[] {
  const kept = complete
    ? []
    : known.filter((old) => !found.some(({ id, address }) => id === old.id || address === old.address));
  const merged = [...kept, ...found].sort((a, b) => (a.address < b.address ? -1 : 1));
  const same =
    merged.length === known.length &&
    merged.every(({ id, address }, i) => id === known[i]?.id && address === known[i]?.address);
  return same ? known : merged;
}
