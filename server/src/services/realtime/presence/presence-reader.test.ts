import { expect, test } from 'vitest';
import { createContext } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { Presence } from '../../../model/presence.ts';
import type { Block } from '../../people/api.ts';
import { createPresenceReader } from './presence-reader.ts';

const [ann, bob] = ['ann' as AccountId, 'bob' as AccountId];
const cat = { account: 'cat' as AccountId, session: 's' as SessionId, username: 'cat', admin: false };
const ctx = createContext(cat, 'test', 60_000);

function begin() {
  const state = { now: 100_000, away: false, asked: 0, blocks: [] as Block[], known: new Map<AccountId, Presence>() };
  const reader = createPresenceReader({
    registry: {
      async presenceOf(users) {
        state.asked++;
        if (state.away) throw fail('service.unavailable');
        return new Map(users.map((user) => [user, state.known.get(user) ?? { online: false, lastSeen: null }]));
      },
    },
    people: { blocksAgainst: async () => state.blocks },
    clock: { wall: () => state.now, monotonic: () => state.now },
    log: silentLog,
  });
  return { state, reader };
}

const at = (ms: number) => ({ online: false, lastSeen: new Date(ms).toISOString() });

test('who has gone a moment ago is still online', async () => {
  const { state, reader } = begin();
  state.known.set(ann, at(98_001)).set(bob, at(98_000));
  const found = await reader.presenceOf(ctx, [ann, bob]);
  expect([found.get(ann), found.get(bob)]).toEqual([{ online: true, lastSeen: null }, at(98_000)]);
});

test('a clock that is far behind the registry keeps nobody online', async () => {
  const { state, reader } = begin();
  state.known.set(ann, at(state.now + 60_000));
  expect((await reader.presenceOf(ctx, [ann])).get(ann)?.online).toBe(false);
});

test('while the registry is away nobody is online, and it is not asked for every request', async () => {
  const { state, reader } = begin();
  state.known.set(ann, { online: true, lastSeen: null });
  state.away = true;
  for (let i = 0; i < 3; i++) expect(await reader.presenceOf(ctx, [ann])).toEqual(new Map());
  expect(state.asked).toBe(1);
  state.away = false;
  state.now += 2_000;
  expect((await reader.presenceOf(ctx, [ann])).get(ann)?.online).toBe(true);
});

test('who has blocked the caller is not among those who are told of', async () => {
  const { state, reader } = begin();
  for (const user of [ann, bob]) state.known.set(user, { online: true, lastSeen: null });
  state.blocks.push({ owner: ann, blocked: cat.account });
  expect([...(await reader.presenceOf(ctx, [ann, bob])).keys()]).toEqual([bob]);
});
