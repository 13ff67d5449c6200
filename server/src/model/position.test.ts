import { describe, expect, test } from 'vitest';
import { isNewer, versionOf } from './change.ts';
import { hasRole, holdsRev, holdsSeq } from './conversation.ts';
import { checkPosition, createEpoch } from './position.ts';

const incarnation = { systemId: '7', timeline: 1, restore: '0' };

describe('a position', () => {
  const epoch = createEpoch('n', incarnation);
  const head = { epoch, lastSeq: 10, lastRev: 14 };

  test('is kept up to the head', () => {
    expect(checkPosition({ epoch, seq: 10, rev: 14 }, head)).toBe('kept');
    expect(checkPosition({ epoch, seq: 0 }, head)).toBe('kept');
  });

  test('ahead of the head or of another epoch is lost', () => {
    expect(checkPosition({ epoch, seq: 11 }, head)).toBe('lost');
    expect(checkPosition({ epoch, seq: 10, rev: 15 }, head)).toBe('lost');
    expect(checkPosition({ epoch: createEpoch('other', incarnation), seq: 1 }, head)).toBe('lost');
  });

  test('a restore, a failover and another database each make another epoch', () => {
    const epochs = [
      incarnation,
      { ...incarnation, restore: 'r' },
      { ...incarnation, timeline: 2 },
      { ...incarnation, systemId: '8' },
    ];
    expect(new Set(epochs.map((i) => createEpoch('n', i))).size).toBe(4);
  });
});

describe('a stay', () => {
  const stay = { joinedSeq: 4, leftSeq: 9, joinedRev: 6, leftRev: 12 };

  test('holds the messages after its first seq up to its last', () => {
    expect([4, 5, 9, 10].map((seq) => holdsSeq(stay, seq))).toEqual([false, true, true, false]);
    expect(holdsSeq({ joinedSeq: 4, leftSeq: null }, 1e9)).toBe(true);
  });

  test('holds the changes from the one that began it to the one that ended it', () => {
    expect([5, 6, 12, 13].map((rev) => holdsRev(stay, rev))).toEqual([false, true, true, false]);
  });

  test('roles are ranked', () => {
    expect([hasRole('owner', 'admin'), hasRole('member', 'member'), hasRole('reader', 'member')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('a version', () => {
  const at = (lsn: string, ordinal: number, of = 'a') =>
    versionOf({
      before: null,
      after: null,
      op: 'c',
      ts_ms: 0,
      source: { db: '', schema: '', table: '', lsn, ordinal, incarnation: of, ts_ms: 0, snapshot: false },
    });

  test('orders by LSN as a number, then by ordinal', () => {
    expect(isNewer(at('100', 0), at('99', 5))).toBe(true);
    expect(isNewer(at('99', 1), at('99', 1))).toBe(false);
    expect(isNewer(at('99', 2), at('99', 1))).toBe(true);
    expect(isNewer(at('18446744073709551615', 0), at('9007199254740993', 0))).toBe(true);
  });

  test('is never compared across incarnations', () => {
    expect(isNewer(at('1', 0, 'b'), at('100', 0, 'a'))).toBe(true);
    expect(isNewer(at('1', 0), null)).toBe(true);
  });
});
