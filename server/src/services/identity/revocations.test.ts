import { expect, test } from 'vitest';
import { createId, type SessionId } from '../../kernel/ids.ts';
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
