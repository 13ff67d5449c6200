import { expect, test } from 'vitest';
import { createId, type SessionId } from '../../../kernel/ids.ts';
import { createRevocations } from './revocations.ts';

test('a revocation is remembered as long as a token may live, and no longer', () => {
  let now = 1_000_000;
  const revocations = createRevocations(600_000, { wall: () => now, monotonic: () => now });
  const [first, second, third] = [createId<SessionId>(), createId<SessionId>(), createId<SessionId>()];
  revocations.add({ session: first, reason: 'signed-out', at: now });
  revocations.add({ session: second, reason: 'suspended', at: now });
  revocations.add({ session: second, reason: 'signed-out', at: now + 1 });
  expect(() => revocations.check(first)).toThrow(expect.objectContaining({ code: 'session.revoked' }));
  expect(() => revocations.check(second)).toThrow(expect.objectContaining({ code: 'account.suspended' }));
  revocations.check(third);
  now += 600_001;
  revocations.add({ session: third, reason: 'reuse', at: now });
  expect(revocations.size).toBe(1);
  revocations.check(first);
});

test('a reason that comes later replaces none, and nothing else', () => {
  const revocations = createRevocations(600_000, { wall: () => 0, monotonic: () => 0 });
  const session = createId<SessionId>();
  for (const [reason, code] of [
    [null, 'session.revoked'],
    ['suspended', 'account.suspended'],
    ['signed-out', 'account.suspended'],
    [null, 'account.suspended'],
  ] as const) {
    revocations.add({ session, reason, at: 0 });
    expect(() => revocations.check(session)).toThrow(expect.objectContaining({ code }));
  }
});

test('one that was learned before it was known how long tokens live goes in time as well', () => {
  let now = 0;
  const revocations = createRevocations(Number.POSITIVE_INFINITY, { wall: () => now, monotonic: () => now });
  const early = createId<SessionId>();
  revocations.add({ session: early, reason: null, at: now });
  revocations.keepMs = 600_000;
  now = 600_001;
  revocations.add({ session: createId<SessionId>(), reason: 'reuse', at: now });
  revocations.check(early);
  expect(revocations.size).toBe(1);
});
