import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestHub } from '../../../../test-support/realtime/test-hub.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { unavailable } from '../../../model/change.ts';

const [ann, bob, cat] = ['ann', 'bob', 'cat'] as AccountId[] as [AccountId, AccountId, AccountId];
const named = (id: AccountId, version: number) => ({ id, name: `${id} ${version}`, version });

test('who shares a conversation is told once, all devices of the account are, and nobody else', async () => {
  const hub = await new TestHub().start();
  hub.chat.create('c', [ann, bob]);
  hub.chat.create('d', [ann, bob]);
  hub.chat.create('e', [ann, cat]);
  hub.loseStream();
  const [own, other] = [await hub.open(bob), await hub.open(bob)];
  const [seer, stranger] = [await hub.open(ann), await hub.open(cat)];
  hub.changeProfile(named(bob, 2), { version: 1 });
  await hub.settle();
  const profile = { id: bob, username: bob, name: 'bob 2', about: null, avatar: null, version: 2, deleted: false };
  for (const { outlet } of [own, other, seer]) expect(outlet.of('user')).toEqual([{ kind: 'user', profile }]);
  expect(stranger.outlet.of('user')).toEqual([]);
});

test('the devices of somebody who is in no conversation are told', async () => {
  const hub = await new TestHub().start();
  const { outlet } = await hub.open(ann);
  hub.changeProfile(named(ann, 2), { version: 1 });
  await hub.settle();
  expect(outlet.of('user')).toHaveLength(1);
});

test('who is shown beside what they said is told of after they have left, and with no connection here', async () => {
  const hub = await new TestHub().start();
  const c = hub.chat.create('c', [ann, bob]);
  hub.chat.leave(c, bob);
  hub.loseStream();
  const { outlet } = await hub.open(ann);
  hub.changeProfile({ ...named(bob, 3), deleted: true }, { version: 2 });
  await hub.settle();
  expect(outlet.of('user')).toMatchObject([{ profile: { id: bob, version: 3, deleted: true } }]);
});

test('a connection that listens to some conversations is told of those who are in them', async () => {
  const hub = await new TestHub().start();
  const c = hub.chat.create('c', [ann, bob]);
  hub.loseStream();
  const only = new Set<ConversationId>();
  const { outlet } = await hub.open(ann, undefined, undefined, { only });
  hub.changeProfile(named(bob, 2), { version: 1 });
  hub.changeProfile(named(ann, 2), { version: 1 });
  await hub.settle();
  only.add(c.id);
  hub.changeProfile(named(bob, 3), { version: 2 });
  await hub.settle();
  expect(outlet.of('user').map(({ profile }) => profile.name)).toEqual(['bob 3']);
});

test('settings, a snapshot and a repeat of the same version are no news; a new profile is', async () => {
  const hub = await new TestHub().start();
  hub.chat.create('c', [ann, bob]);
  hub.loseStream();
  const { outlet } = await hub.open(ann);
  hub.changeProfile(named(bob, 2), { version: 2 });
  hub.changeProfile(named(bob, 2), undefined, 'r');
  await hub.settle();
  expect(outlet.of('user')).toEqual([]);
  hub.changeProfile(named(bob, 1), undefined, 'c');
  await hub.settle();
  expect(outlet.of('user')).toHaveLength(1);
});

test('with a channel of many members one question is asked for what changes meanwhile, and of each the newest is told', async () => {
  const hub = await new TestHub().start();
  const members = Array.from({ length: 300 }, (_, i) => `m${i}` as AccountId);
  hub.chat.create('c', members);
  hub.loseStream();
  const { outlet } = await hub.open('m0');
  const asked = () => hub.chat.calls.filter((name) => name === 'conversationsOf').length;
  hub.changeProfile(named('m1' as AccountId, 2), { version: 1 });
  for (let version = 2; version < 40; version++) {
    for (const id of members.slice(2, 22)) hub.changeProfile(named(id, version), { version: version - 1 });
  }
  await hub.settle();
  expect(asked()).toBe(2);
  expect(outlet.of('user').map(({ profile }) => profile.version)).toEqual([2, ...Array(20).fill(39)]);
});

test('what could not be told is said to be missed: chat did not answer, the topic had a gap, a value did not come along', async () => {
  const hub = await new TestHub().start();
  hub.chat.create('c', [ann, bob]);
  hub.loseStream();
  const { outlet } = await hub.open(ann);
  hub.chat.failing = true;
  hub.changeProfile(named(bob, 2), { version: 1 });
  await hub.settle();
  expect(outlet.of('missed')).toHaveLength(1);
  hub.chat.failing = false;
  hub.changeProfile({ ...named(bob, 3), about: unavailable }, { version: 2 });
  expect(outlet.of('user')).toEqual([]);
  await hub.loseTopic();
  await hub.settle();
  expect(outlet.of('missed')).toHaveLength(3);
  hub.changeProfile(named(bob, 4), { version: 3 });
  await hub.settle();
  expect(outlet.of('user').map(({ profile }) => profile.version)).toEqual([4]);
});

/** Whoever comes while changes are being told either hears the newest or comes after it, and so reads it. */
test('any order of changes and connections: each reader ends with the newest of whom they share a conversation with', async () => {
  const people = [ann, bob, cat];
  const step = fc.oneof(
    fc.record({ do: fc.constant('rename' as const), who: fc.constantFrom(...people) }),
    fc.record({ do: fc.constant('turn' as const), n: fc.nat(6) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(fc.nat(3), { minLength: 1 }), async (steps, waits) => {
      const hub = await new TestHub().start();
      hub.chat.create('c', [ann, bob]);
      hub.chat.create('d', [bob, cat]);
      hub.loseStream();
      let at = 0;
      hub.chat.latency = () => waits[at++ % waits.length] as number;
      const versions = new Map(people.map((id) => [id, 1]));
      const readers = [await hub.open(ann), await hub.open(bob), await hub.open(cat)];
      for (const move of steps) {
        if (move.do === 'turn') for (let n = 0; n < move.n; n++) await new Promise((done) => setImmediate(done));
        else {
          const version = (versions.get(move.who) as number) + 1;
          versions.set(move.who, version);
          hub.changeProfile(named(move.who, version), { version: version - 1 });
        }
      }
      await hub.settle();
      for (const { user, outlet } of readers) {
        const heard = new Map<string, number>();
        for (const { profile } of outlet.of('user')) {
          expect(profile.version).toBeGreaterThan(heard.get(profile.id) ?? 1);
          heard.set(profile.id, profile.version);
        }
        const shown = user === bob ? people : [user, bob];
        const changed = shown.filter((id) => versions.get(id as AccountId) !== 1);
        expect(heard).toEqual(new Map(changed.map((id) => [id, versions.get(id as AccountId)])));
      }
    }),
    { numRuns: 60 },
  );
});
