import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsSeq } from '../../../model/conversation.ts';
import { holdsSeqIn, pickPage, type SeqRange, visibleSeqs } from './visible-seqs.ts';

const lastSeq = 40;
const stay = fc
  .record({ joinedSeq: fc.nat(lastSeq), stayed: fc.option(fc.nat(lastSeq)) })
  .map(({ joinedSeq, stayed }) => ({
    joinedSeq,
    leftSeq: stayed === null ? null : Math.min(lastSeq, joinedSeq + stayed),
  }));
const stays = fc.array(stay, { maxLength: 5 });
const all = Array.from({ length: lastSeq }, (_, i) => i + 1);

function expand(ranges: readonly SeqRange[]): number[] {
  return ranges.flatMap(({ first, last }) => all.filter((seq) => seq >= first && seq <= last));
}

test('a seq is visible exactly when a stay holds it, and the ranges are apart and ascending', () => {
  fc.assert(
    fc.property(stays, (list) => {
      const ranges = visibleSeqs(list, lastSeq);
      const expected = all.filter((seq) => list.some((one) => holdsSeq(one, seq)));
      expect(expand(ranges)).toEqual(expected);
      expect(all.filter((seq) => holdsSeqIn(ranges, seq))).toEqual(expected);
      for (const [i, range] of ranges.entries()) {
        const previous = ranges[i - 1];
        if (previous) expect(range.first).toBeGreaterThan(previous.last + 1);
      }
    }),
  );
});

describe('pickPage', () => {
  const limit = fc.integer({ min: 1, max: 15 });
  const seq = fc.nat(lastSeq + 5);

  test('none: the newest; before: the last ones lower; after: the first ones higher', () => {
    fc.assert(
      fc.property(stays, limit, seq, (list, n, at) => {
        const ranges = visibleSeqs(list, lastSeq);
        const seqs = expand(ranges);
        expect(expand(pickPage(ranges, { limit: n }))).toEqual(seqs.slice(-n));
        expect(expand(pickPage(ranges, { limit: n, before: at }))).toEqual(seqs.filter((s) => s < at).slice(-n));
        expect(expand(pickPage(ranges, { limit: n, after: at }))).toEqual(seqs.filter((s) => s > at).slice(0, n));
      }),
    );
  });

  test('around: full where there is enough, and holds the seq asked for', () => {
    fc.assert(
      fc.property(stays, limit, seq, (list, n, at) => {
        const ranges = visibleSeqs(list, lastSeq);
        const seqs = expand(ranges);
        const page = expand(pickPage(ranges, { limit: n, around: at }));
        expect(page).toHaveLength(Math.min(n, seqs.length));
        if (seqs.includes(at)) expect(page).toContain(at);
      }),
    );
  });

  test('paging backwards reads everything once', () => {
    fc.assert(
      fc.property(stays, limit, (list, n) => {
        const ranges = visibleSeqs(list, lastSeq);
        let read: number[] = [];
        for (let before: number | undefined; ; before = read[0]) {
          const page = expand(pickPage(ranges, { limit: n, before }));
          if (page.length === 0) break;
          read = [...page, ...read];
        }
        expect(read).toEqual(expand(ranges));
      }),
    );
  });
});
