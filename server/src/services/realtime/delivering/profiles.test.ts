import { expect, test } from 'vitest';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { Profile } from '../../../model/account.ts';
import { type Change, unavailable } from '../../../model/change.ts';
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
      return ids.map((id) => ({ id, username: id, name: id, about: null, avatar: null, version: 1, deleted: false }));
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

test('a change counts more than what is being read, and after a gap nothing does', async () => {
  let answer = () => {};
  const people = {
    async getProfiles(_ctx: unknown, ids: readonly AccountId[]): Promise<readonly Profile[]> {
      await new Promise<void>((resolve) => void (answer = resolve));
      return ids.map((id) => ({
        id,
        username: id,
        name: 'old',
        about: null,
        avatar: null,
        version: 1,
        deleted: false,
      }));
    },
  };
  const renamed = (name: string): Change<object> => ({
    before: null,
    after: { id: ann, username: ann, name, about: null, avatar: null, deleted: false },
    source: {
      ...{ db: '', schema: 'people', table: 'profiles', lsn: '1', ordinal: 0, incarnation: '' },
      ts_ms: 0,
      snapshot: false,
    },
    op: 'u',
    ts_ms: 0,
  });
  const profiles = createProfiles(people, silentLog);
  const reading = profiles.load([ann, bob]);
  profiles.apply(renamed('Ann'));
  answer();
  await reading;
  expect([profiles.get(ann).name, profiles.get(bob).name]).toEqual(['Ann', 'old']);
  profiles.clear();
  const late = profiles.load([ann]);
  profiles.clear();
  answer();
  await late;
  expect(profiles.has(ann)).toBe(false);
  profiles.apply(renamed('Anna'));
  profiles.apply(renamed(unavailable));
  expect(profiles.has(ann)).toBe(false);
});

test('a profile that is known already is renewed in its place: nobody is forgotten for it', () => {
  const profiles = createProfiles({ getProfiles: async () => [] }, silentLog);
  const source = { db: '', schema: 'people', table: 'profiles', lsn: '1', ordinal: 0, incarnation: '' };
  const renew = (id: string, name: string) =>
    profiles.apply({
      op: 'u',
      before: null,
      after: { id, username: id, name, about: null, avatar: null, deleted: false },
      source: { ...source, ts_ms: 0, snapshot: false },
    } as unknown as Change<object>);
  let last = -1;
  do renew(`u${++last}`, 'x');
  while (profiles.has('u0' as AccountId));
  for (let i = 0; i < 100; i++) renew(`u${last}`, `${i % 10}`);
  expect([profiles.get(`u${last}` as AccountId).name, profiles.has('u1' as AccountId)]).toEqual(['9', true]);
});
