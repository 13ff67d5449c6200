import { expect, test } from 'vitest';
import { fail } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { Profile } from '../../model/account.ts';
import { createProfiles } from './profiles.ts';

const [ann, bob] = ['ann' as AccountId, 'bob' as AccountId];

test('senders are read once; while people does not answer nobody waits for it, and then they are', async () => {
  let answer = () => {};
  let asked = 0;
  const people = {
    away: true,
    async getProfiles(_ctx: unknown, ids: readonly AccountId[]): Promise<readonly Profile[]> {
      asked++;
      if (asked > 1) await new Promise<void>((resolve) => void (answer = resolve));
      if (people.away) throw fail('service.timeout');
      return ids.map((id) => ({ id, username: id, name: id, about: null, avatar: null }));
    },
  };
  const profiles = createProfiles(people, silentLog);
  await profiles.load([ann]);
  expect(profiles.get(ann).name).toBe('');
  // This one gets no answer, and yet holds nothing up.
  for (let i = 0; i < 3; i++) await profiles.load([ann, bob]);
  expect(asked).toBe(2);
  people.away = false;
  answer();
  while (!profiles.has(bob)) await new Promise(setImmediate);
  await profiles.load([ann, bob]);
  expect([asked, profiles.get(ann).name]).toEqual([2, 'ann']);
});
