import type { Membership } from '../../../model/conversation.ts';
import type { HistoryRange } from '../api.ts';

/** Seqs from `first` to `last`, both included. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

export type Stay = Pick<Membership, 'joinedSeq' | 'leftSeq'>;

/** What a user's stays open up to the head: ranges that neither overlap nor touch, ascending (MESSAGE-PATH rule 17). */
export function visibleSeqs(stays: readonly Stay[], lastSeq: number): readonly SeqRange[] {
  const ranges = stays
    .map((stay) => ({ first: stay.joinedSeq + 1, last: stay.leftSeq ?? lastSeq }))
    .filter((range) => range.first <= range.last)
    .sort((a, b) => a.first - b.first);
  const merged: SeqRange[] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous && range.first <= previous.last + 1) {
      merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
    } else merged.push(range);
  }
  return merged;
}

export function holdsSeqIn(ranges: readonly SeqRange[], seq: number): boolean {
  return ranges.some((range) => seq >= range.first && seq <= range.last);
}

/**
 * The seqs of one page of history, at most `limit` of them. Seqs have no holes, so a page is arithmetic: the visible seqs are
 * one long list, the page is a slice of it, and the database reads the rows of the page and no other.
 */
export function pickPage(ranges: readonly SeqRange[], range: HistoryRange): readonly SeqRange[] {
  const total = countBelow(ranges, Number.POSITIVE_INFINITY);
  const { limit } = range;
  let from: number;
  let to: number;
  if (range.after !== undefined) {
    from = countBelow(ranges, range.after + 1);
    to = from + limit;
  } else if (range.around !== undefined) {
    const wished = countBelow(ranges, range.around) - Math.floor(limit / 2);
    from = Math.max(0, Math.min(wished, total - limit));
    to = from + limit;
  } else {
    to = range.before === undefined ? total : countBelow(ranges, range.before);
    from = to - limit;
  }
  return slice(ranges, Math.max(0, from), Math.min(total, to));
}

/** How many visible seqs are lower than `seq`. */
function countBelow(ranges: readonly SeqRange[], seq: number): number {
  return ranges.reduce((count, { first, last }) => count + Math.max(0, Math.min(last + 1, seq) - first), 0);
}

/** The visible seqs number `from` to `to - 1` of the long list, as ranges. */
function slice(ranges: readonly SeqRange[], from: number, to: number): readonly SeqRange[] {
  const page: SeqRange[] = [];
  let passed = 0;
  for (const { first, last } of ranges) {
    const size = last - first + 1;
    const start = Math.max(from - passed, 0);
    const end = Math.min(to - passed, size);
    if (start < end) page.push({ first: first + start, last: first + end - 1 });
    passed += size;
  }
  return page;
}
