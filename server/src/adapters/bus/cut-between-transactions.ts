/**
 * Where a row of records may be cut: consumers merge the rows of one transaction, so the cuts lie between two of them.
 * `transaction` names the one a record belongs to.
 */
export interface Cuttable<T> {
  transaction(record: T): unknown;
}

/** How many to take of more than `most`: up to the largest cut, else up to a change of the key, else `most`. 0: no cut fits. */
export function findCut<T>(
  records: readonly T[],
  most: number,
  { transaction, sameKey }: Cuttable<T> & { sameKey: ((a: T, b: T) => boolean) | null },
): number {
  for (let at = most; at > 0; at--) if (transaction(records[at]!) !== transaction(records[at - 1]!)) return at;
  if (!sameKey) return 0;
  for (let at = most; at > 0; at--) if (!sameKey(records[at]!, records[at - 1]!)) return at;
  return most;
}

/**
 * All of them, in pieces of at most `limit` by `size`. A transaction that is larger stays whole, unless `split` says that it is
 * to be cut where it must; a record never is.
 */
export function* cutBySize<T>(
  records: readonly T[],
  limit: number,
  { transaction, size, split }: Cuttable<T> & { size(record: T): number; readonly split: boolean },
): Generator<readonly T[]> {
  let from = 0;
  while (from < records.length) {
    let to = from;
    // The last cut that fits.
    let between = from;
    let total = 0;
    while (to < records.length) {
      total += size(records[to]!);
      if (total > limit && to > from && (split || between > from)) break;
      to++;
      const ends = to === records.length || transaction(records[to]!) !== transaction(records[to - 1]!);
      if (ends) between = to;
      // A transaction that is too large has come to its end.
      if (ends && total > limit) break;
    }
    if (between > from) to = between;
    yield records.slice(from, to);
    from = to;
  }
}
