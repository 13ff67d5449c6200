import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ann, bob, one, two } from '../../../../../test-support/protocol-hub.ts';
import type { AccountId } from '../../../../kernel/ids.ts';
import { createId } from '../../../../kernel/ids.ts';
import { silentLog } from '../../../../kernel/log.ts';
import type { NotifyPreference } from '../../../../services/chat/api.ts';
import { createNotifyPreferences } from './notify-preferences.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') }));
afterEach(() => void vi.useRealTimers());

function open() {
  const kept: NotifyPreference[] = [];
  const asked: (readonly AccountId[])[] = [];
  const chat = {
    away: false,
    async notifyPreferencesOf(_ctx: unknown, users: readonly AccountId[]) {
      asked.push(users);
      if (chat.away) throw new Error('away');
      return kept.filter(({ user }) => users.includes(user));
    },
  };
  return { kept, asked, chat, preferences: createNotifyPreferences({ chat, log: silentLog }) };
}

const tenSeconds = () => vi.advanceTimersByTimeAsync(10_000);
const rule = { user: ann, conversation: one, notify: 'mentions', mutedUntil: null } as const;

test('hold where there are some, and everything is wanted elsewhere', async () => {
  const { kept, preferences } = open();
  kept.push(rule, { ...rule, conversation: two, notify: 'all', mutedUntil: '2026-01-01T00:01:00.000Z' });
  const [anns, bobs] = [await preferences.follow(ann), await preferences.follow(bob)];
  expect([anns.ruleOf(one), anns.ruleOf(two), bobs.ruleOf(one)]).toEqual(['mentions', 'none', 'all']);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(anns.ruleOf(two)).toBe('all');
});

test('are read again as long as somebody follows, all in one call', async () => {
  const { kept, asked, preferences } = open();
  const anns = await preferences.follow(ann);
  expect(await preferences.follow(ann)).toBe(anns);
  await preferences.follow(bob);
  kept.push(rule);
  await tenSeconds();
  expect(anns.ruleOf(one)).toBe('mentions');
  expect(asked).toEqual([[ann], [bob], [ann, bob]]);
  preferences.leave(ann);
  preferences.leave(bob);
  await tenSeconds();
  preferences.leave(ann);
  await tenSeconds();
  await tenSeconds();
  expect(asked.slice(3)).toEqual([[ann]]);
  expect(vi.getTimerCount()).toBe(0);
  await preferences.follow(ann);
  kept.length = 0;
  await tenSeconds();
  expect(asked.slice(4)).toEqual([[ann], [ann]]);
});

test('those of very many are read in several calls', async () => {
  const { asked, preferences } = open();
  for (let i = 0; i < 501; i++) await preferences.follow(createId<AccountId>());
  await tenSeconds();
  expect(asked.slice(501).map(({ length }) => length)).toEqual([500, 1]);
});

test('the last known ones hold while chat is away, and who begins then is refused', async () => {
  const { kept, chat, preferences } = open();
  kept.push(rule);
  const anns = await preferences.follow(ann);
  chat.away = true;
  await tenSeconds();
  expect(anns.ruleOf(one)).toBe('mentions');
  await expect(preferences.follow(bob)).rejects.toThrow('away');
  chat.away = false;
  kept.length = 0;
  await tenSeconds();
  expect(anns.ruleOf(one)).toBe('all');
  expect((await preferences.follow(bob)).ruleOf(one)).toBe('all');
});
