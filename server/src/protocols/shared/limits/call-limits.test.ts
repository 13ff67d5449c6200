import { expect, test } from 'vitest';
import type { Principal } from '../../../kernel/context.ts';
import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import { createCallerContext } from '../caller-context.ts';
import { createCallLimits } from './call-limits.ts';
import type { CallClass } from './rates.ts';

const principalOf = (name: string): Principal => ({
  account: name as AccountId,
  session: `s-${name}` as SessionId,
  username: name,
  admin: false,
});
const [ann, bob] = [principalOf('ann'), principalOf('bob')];
const from = (address: string, principal: Principal | null = null) => createCallerContext(address, 'r', principal);
const once = { perSecond: 0.001, burst: 1 };
const limited = expect.objectContaining({ code: 'rate.limited', retryAfterMs: expect.any(Number) });

const allowed = (limits: ReturnType<typeof createCallLimits>, callClass: CallClass, ctx: ReturnType<typeof from>) => {
  try {
    limits.count(ctx, callClass, 'test.call');
    return true;
  } catch (thrown) {
    expect(thrown).toEqual(limited);
    return false;
  }
};

test('counts an account wherever it calls from, and who is nobody by the address', () => {
  const limits = createCallLimits({ reading: once });
  const callers = [from('a', ann), from('b', ann), from('a', bob), from('a'), from('a'), from('b')];
  expect(callers.map((ctx) => allowed(limits, 'reading', ctx))).toEqual([true, false, true, true, false, true]);
});

test.each(['signIns', 'refreshes'] as const)('counts %s by the address, whoever calls', (callClass) => {
  const limits = createCallLimits({ [callClass]: once });
  const callers = [from('a', ann), from('a', bob), from('a'), from('b', ann)];
  expect(callers.map((ctx) => allowed(limits, callClass, ctx))).toEqual([true, false, false, true]);
});

test('a call that nobody can be counted for is a mistake, not one without a limit', () => {
  const limits = createCallLimits();
  const nobody = { ...from('a'), address: undefined };
  expect(() => limits.count(nobody, 'reading', 'chat.search')).toThrow('chat.search was called without an address');
  expect(() => limits.count({ ...nobody, principal: ann }, 'signIns', 'identity.x')).toThrow('identity.x');
  expect(() => limits.count({ ...nobody, principal: ann }, 'reading', 'chat.search')).not.toThrow();
});

test('a frame takes one when it begins, and pays with it for the first call of its class', () => {
  const limits = createCallLimits({ frames: { perSecond: 0.001, burst: 3 } });
  const frame = limits.beginFrame('a', 'r', ann);
  expect(frame).toMatchObject({ principal: ann, address: 'a', requestId: 'r' });
  // Two are left: the second call of the same frame takes one, and so does the next frame.
  expect([allowed(limits, 'frames', frame), allowed(limits, 'frames', frame)]).toEqual([true, true]);
  limits.beginFrame('a', 'r', ann);
  expect(() => limits.beginFrame('b', 'r', ann)).toThrow(limited);
  expect(() => limits.beginFrame('a', 'r', bob)).not.toThrow();
});
