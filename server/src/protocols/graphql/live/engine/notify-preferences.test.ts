import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ann, bob, one, two } from '../../../../../test-support/protocol-hub.ts';
import type { AccountId } from '../../../../kernel/ids.ts';
import { createId } from '../../../../kernel/ids.ts';
import { silentLog } from '../../../../kernel/log.ts';
import type { Preferences } from '../../../../model/conversation.ts';
import type { NotifyPreference } from '../../../../services/chat/api.ts';
import { createNotifyPreferences } from './notify-preferences.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') }));
afterEach(() => void vi.useRealTimers());

function open() {
  const kept: NotifyPreference[] = [];
  const asked: (readonly AccountId[])[] = [];
  const chat = { away: false, held: null as Promise<void> | null };
  async function read(users: readonly AccountId[]) {
    asked.push(users);
    if (chat.away) throw new Error('away');
    const found = kept.filter(({ user }) => users.includes(user));
    await chat.held;
    return found;
  }
  return { kept, asked, chat, preferences: createNotifyPreferences({ read, log: silentLog }) };
}

const turn = () => vi.advanceTimersByTimeAsync(0);
const rule = { user: ann, conversation: one, notify: 'mentions', mutedUntil: null } as const;
const told = (change: Partial<Preferences>): Preferences => ({
  ...rule,
  archived: false,
  pinned: false,
  version: 1,
  ...change,
});

test('hold where there are some, and everything is wanted elsewhere', async () => {
  const { kept, preferences } = open();
  kept.push(rule, { ...rule, conversation: two, notify: 'all', mutedUntil: '2026-01-01T00:01:00.000Z' });
  const [anns, bobs] = [await preferences.follow(ann), await preferences.follow(bob)];
  expect([anns.ruleOf(one), anns.ruleOf(two), bobs.ruleOf(one)]).toEqual(['mentions', 'none', 'all']);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(anns.ruleOf(two)).toBe('all');
});

test('a change is heeded as soon as it is told, without asking', async () => {
  const { kept, asked, preferences } = open();
  kept.push(rule);
  const anns = await preferences.follow(ann);
  expect(await preferences.follow(ann)).toBe(anns);
  anns.onChange(told({ notify: 'none' }));
  anns.onChange(told({ conversation: two, notify: 'all', mutedUntil: '2026-01-01T00:01:00.000Z' }));
  expect([anns.ruleOf(one), anns.ruleOf(two)]).toEqual(['none', 'none']);
  anns.onChange(told({ notify: 'all' }));
  expect(anns.ruleOf(one)).toBe('all');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toEqual([[ann]]);
});

test('what is told while they are being read is not undone by an older answer', async () => {
  const { kept, chat, preferences } = open();
  kept.push(rule);
  const anns = await preferences.follow(ann);
  let answer = () => {};
  chat.held = new Promise((resolve) => {
    answer = resolve;
  });
  preferences.readAgain(ann);
  await turn();
  anns.onChange(told({ notify: 'none' }));
  answer();
  await turn();
  expect(anns.ruleOf(one)).toBe('none');
  chat.held = null;
  preferences.readAgain(ann);
  await turn();
  expect(anns.ruleOf(one)).toBe('mentions');
});

test('are read again where some were missed, all in one call, and nobody is asked for who has left', async () => {
  const { kept, asked, preferences } = open();
  const [anns, bobs] = [await preferences.follow(ann), await preferences.follow(bob)];
  kept.push(rule);
  anns.onChange(null);
  bobs.onChange(null);
  await turn();
  expect([anns.ruleOf(one), asked.slice(2)]).toEqual(['mentions', [[ann, bob]]]);
  preferences.leave(ann);
  anns.onChange(null);
  await turn();
  expect(asked).toHaveLength(3);
});

test('those of very many are read in several calls', async () => {
  const { asked, preferences } = open();
  const many = [];
  for (let i = 0; i < 501; i++) many.push(await preferences.follow(createId<AccountId>()));
  for (const each of many) each.onChange(null);
  await turn();
  expect(asked.slice(501).map(({ length }) => length)).toEqual([500, 1]);
});

test('the last known ones hold while chat is away, until it answers; who begins then is refused', async () => {
  const { kept, chat, preferences } = open();
  kept.push(rule);
  const anns = await preferences.follow(ann);
  chat.away = true;
  anns.onChange(null);
  await turn();
  expect(anns.ruleOf(one)).toBe('mentions');
  await expect(preferences.follow(bob)).rejects.toThrow('away');
  chat.away = false;
  kept.length = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(anns.ruleOf(one)).toBe('all');
  expect(vi.getTimerCount()).toBe(0);
  expect((await preferences.follow(bob)).ruleOf(one)).toBe('all');
});
