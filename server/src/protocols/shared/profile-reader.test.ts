import { expect, test } from 'vitest';
import { createContext } from '../../kernel/context.ts';
import { type Failure, fail } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import type { Profile } from '../../model/account.ts';
import { createProfileReader } from './profile-reader.ts';

const [ann, bob, eve] = ['ann', 'bob', 'eve'] as AccountId[] as [AccountId, AccountId, AccountId];
const ctx = createContext(null, 'test', 60_000);

function begin() {
  const state: { failure: Failure | null; stuck: Promise<void> | null; calls: (readonly AccountId[])[] } = {
    failure: null,
    stuck: null,
    calls: [],
  };
  const deadlines: number[] = [];
  const reader = createProfileReader({
    log: silentLog,
    clock: { wall: () => 0, monotonic: () => 1_000 },
    people: {
      async getProfiles(asking, ids) {
        state.calls.push(ids);
        deadlines.push(asking.deadline);
        await state.stuck;
        if (state.failure) throw state.failure;
        return ids
          .filter((id) => id !== eve)
          .map(
            (id): Profile => ({ id, username: id, name: id, about: null, avatar: null, version: 1, deleted: false }),
          );
      },
    },
  });
  const names = async (...ids: AccountId[]) => [...(await reader.read(ctx, ids)).keys()];
  return { state, deadlines, names };
}

test('asks once for each, and leaves out who has no profile', async () => {
  const { state, names } = begin();
  expect(await names(ann, bob, ann, eve)).toEqual([ann, bob]);
  expect(await names()).toEqual([]);
  expect(state.calls).toEqual([[ann, bob, eve]]);
});

test('while people is away the last known are shown, and nobody waits for it', async () => {
  const { state, deadlines, names } = begin();
  await names(ann);
  state.failure = fail('service.unavailable');
  expect(await names(ann, bob)).toEqual([ann]);
  // A name is not worth the whole deadline of a request.
  expect(deadlines[0]).toBe(3_000);
  let release = () => {};
  state.stuck = new Promise((resolve) => {
    release = resolve;
  });
  state.calls = [];
  for (let i = 0; i < 3; i++) expect(await names(ann, bob)).toEqual([ann]);
  expect(state.calls, 'it is asked now and then whether it is back').toHaveLength(1);
  state.failure = null;
  release();
  while ((await names(ann, bob)).length < 2) await new Promise(setImmediate);
});

test('a refusal is no outage', async () => {
  const { state, names } = begin();
  state.failure = fail('request.invalid');
  await expect(names(ann)).rejects.toMatchObject({ code: 'request.invalid' });
  state.failure = null;
  expect(await names(ann)).toEqual([ann]);
});
