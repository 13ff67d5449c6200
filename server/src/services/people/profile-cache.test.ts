import { expect, test } from 'vitest';
import { type AccountId, createId } from '../../kernel/ids.ts';
import { createProfileCache } from './profile-cache.ts';

const profile = {
  id: createId<AccountId>(),
  username: 'ada',
  name: 'Ada',
  about: null,
  avatar: null,
  version: 1,
  deleted: false,
};

test('what was read is kept until it is forgotten', () => {
  const cache = createProfileCache(100_000, 60_000);
  cache.begin().keep(profile);
  expect(cache.get(profile.id)).toBe(profile);
  cache.forget([profile.id]);
  expect(cache.get(profile.id)).toBeUndefined();
});

test('what was read before a change arrived is not kept after it', () => {
  const cache = createProfileCache(100_000, 60_000);
  const reading = cache.begin();
  cache.forget([profile.id]);
  reading.keep(profile);
  expect(cache.get(profile.id)).toBeUndefined();
});

test('holds as many as its bytes allow: few whose owners have written much about themselves', () => {
  const kept = (about: string | null) => {
    const cache = createProfileCache(100_000, 60_000);
    const ids = Array.from({ length: 1_000 }, () => createId<AccountId>());
    for (const id of ids) cache.begin().keep({ ...profile, id, about });
    return ids.filter((id) => cache.get(id)).length;
  };
  expect(kept(null)).toBeGreaterThan(100);
  expect(kept('x'.repeat(2_000))).toBeLessThan(25);
});
