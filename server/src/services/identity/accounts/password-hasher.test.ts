import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { createContext } from '../../../kernel/context.ts';
import { createPasswordHasher, nobodysHash } from './password-hasher.ts';

const ctx = createContext(null, 'test');
const parameters = (hash: string) => hash.split('$').slice(0, 4);

describe('the password hasher', () => {
  const hasher = createPasswordHasher({ atOnce: 2, waiting: 10 }, systemClock);

  test('knows the right password from a wrong one', async () => {
    const stored = await hasher.hash(ctx, 'correct horse', 'me');
    expect(await hasher.verify(ctx, 'correct horse', stored, 'me')).toBe(true);
    expect(await hasher.verify(ctx, 'Correct horse', stored, 'me')).toBe(false);
  });
  test('takes composed and decomposed characters for the same', async () => {
    const [composed, decomposed] = ['caf\u00e9 caf\u00e9', 'cafe\u0301 cafe\u0301'];
    for (const chosen of [composed, decomposed]) {
      const stored = await hasher.hash(ctx, chosen, 'me');
      for (const typed of [composed, decomposed]) expect(await hasher.verify(ctx, typed, stored, 'me')).toBe(true);
      expect(await hasher.verify(ctx, 'cafe cafe', stored, 'me')).toBe(false);
    }
  });
  test('knows the hash of a decomposed password that was made before they were composed', async () => {
    const stored = await hash('cafe\u0301 cafe\u0301', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    expect(await hasher.verify(ctx, 'cafe\u0301 cafe\u0301', stored, 'me')).toBe(true);
    expect(await hasher.verify(ctx, 'cafe cafe', stored, 'me')).toBe(false);
  });
  test('spends the same on nobody as on somebody', async () => {
    expect(parameters(nobodysHash)).toEqual(parameters(await hasher.hash(ctx, 'any password', 'me')));
    expect(parameters(nobodysHash)).toEqual(['', 'argon2id', 'v=19', 'm=19456,t=2,p=1']);
    expect(await hasher.verify(ctx, 'any password', null, 'me')).toBe(false);
  });
});

test('two at a time, some wait, the rest come back later', async () => {
  const hasher = createPasswordHasher({ atOnce: 2, waiting: 3 }, systemClock);
  const results = await Promise.allSettled(Array.from({ length: 7 }, () => hasher.hash(ctx, 'a password', 'me')));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(2);
  for (const { reason } of refused) {
    expect(reason).toMatchObject({ code: 'service.overloaded', retryAfterMs: expect.any(Number) });
  }
  // All places are free again.
  await Promise.all(Array.from({ length: 5 }, () => hasher.hash(ctx, 'a password', 'me')));
});

test('who has given up waiting costs no hash', async () => {
  const hasher = createPasswordHasher({ atOnce: 1, waiting: 3 }, systemClock);
  const late = { ...ctx, deadline: systemClock.monotonic() - 1 };
  await expect(hasher.hash(late, 'a password', 'me')).rejects.toMatchObject({ code: 'service.timeout' });
  const gone = { ...ctx, signal: AbortSignal.abort() };
  await expect(hasher.hash(gone, 'a password', 'me')).rejects.toMatchObject({ code: 'service.timeout' });
  expect(await hasher.hash(ctx, 'a password', 'me')).toContain('argon2id');
});

test('a flood from a few addresses keeps nobody else out, nor waiting', async () => {
  const hasher = createPasswordHasher({ atOnce: 1, waiting: 20 }, systemClock);
  const order: string[] = [];
  const ask = (whose: string) =>
    hasher.hash(ctx, 'a password', whose).then(
      () => order.push(whose),
      (thrown) => {
        if (thrown.code !== 'service.overloaded') throw thrown;
        return 0;
      },
    );
  const flood = Array.from({ length: 60 }, (_, n) => ask(`flood ${n % 4}`));
  const honest = ['one', 'two', 'three'].map(ask);
  await Promise.all([...flood, ...honest]);
  // One at work and each of the four once before them, at the most.
  for (const [n, whose] of ['one', 'two', 'three'].entries()) {
    expect(order.indexOf(whose)).toBeGreaterThanOrEqual(0);
    expect(order.indexOf(whose)).toBeLessThanOrEqual(5 + n);
  }
  expect(order).toHaveLength(21);
});
