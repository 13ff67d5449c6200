import assert from 'node:assert/strict';
import { type AccountId, type ConversationId, createId, type HubId } from '../../src/kernel/ids.ts';
import type { HubRegistry } from '../../src/ports/hub-registry.ts';

export interface RegistrySubject {
  readonly registry: HubRegistry;
  /** Lets this much time pass for the registry's leases. */
  advance(ms: number): Promise<void>;
}

/** One property of ports/hub-registry. `check` throws when the adapter lacks it. */
export interface RegistryProperty {
  readonly name: string;
  check(subject: RegistrySubject): Promise<void>;
}

/** In real time a renewal may come a second late on a busy machine. */
const leaseMs = 3_000;

async function createHub(registry: HubRegistry): Promise<HubId> {
  const hub = createId<HubId>();
  await registry.renew(hub, leaseMs);
  return hub;
}

const hubsOf = async (registry: HubRegistry, conversation: ConversationId) =>
  [...((await registry.hubsOfConversations([conversation])).get(conversation) ?? [])].sort();
const presenceOf = async (registry: HubRegistry, user: AccountId) => (await registry.presenceOf([user])).get(user);
const holdersOf = async (registry: HubRegistry, user: AccountId) =>
  [...((await registry.hubsOfUsers([user])).get(user) ?? [])].sort();

export const registryProperties: readonly RegistryProperty[] = [
  {
    name: 'shows what serve and hold have confirmed at once',
    async check({ registry }) {
      const hub = await createHub(registry);
      const conversation = createId<ConversationId>();
      const user = createId<AccountId>();
      assert.deepEqual(await hubsOf(registry, conversation), []);
      assert.deepEqual(await holdersOf(registry, user), []);
      await registry.serve(hub, [conversation]);
      await registry.hold(hub, [user]);
      assert.deepEqual(await hubsOf(registry, conversation), [hub]);
      assert.deepEqual(await holdersOf(registry, user), [hub]);
    },
  },
  {
    name: 'names every hub of a conversation and of a user, each once',
    async check({ registry }) {
      const hubs = [await createHub(registry), await createHub(registry)].sort();
      const conversation = createId<ConversationId>();
      const user = createId<AccountId>();
      for (const hub of [...hubs, ...hubs]) {
        await registry.serve(hub, [conversation]);
        await registry.hold(hub, [user]);
      }
      assert.deepEqual(await hubsOf(registry, conversation), hubs);
      assert.deepEqual(await holdersOf(registry, user), hubs);
    },
  },
  {
    name: 'answers for many at once and keeps them apart',
    async check({ registry }) {
      const [a, b] = [await createHub(registry), await createHub(registry)];
      const [x, y, z] = [createId<ConversationId>(), createId<ConversationId>(), createId<ConversationId>()];
      await registry.serve(a, [x, y]);
      await registry.serve(b, [y]);
      const found = await registry.hubsOfConversations([x, y, z]);
      assert.deepEqual(found.get(x), [a]);
      assert.deepEqual([...(found.get(y) ?? [])].sort(), [a, b].sort());
      assert.deepEqual(found.get(z) ?? [], []);
    },
  },
  {
    name: 'forgets what release and drop name, and only that',
    async check({ registry }) {
      const [a, b] = [await createHub(registry), await createHub(registry)];
      const [x, y] = [createId<ConversationId>(), createId<ConversationId>()];
      const [u, v] = [createId<AccountId>(), createId<AccountId>()];
      for (const hub of [a, b]) {
        await registry.serve(hub, [x, y]);
        await registry.hold(hub, [u, v]);
      }
      await registry.release(a, [x, createId()]);
      await registry.drop(a, [u, createId()]);
      assert.deepEqual(await hubsOf(registry, x), [b]);
      assert.deepEqual(await hubsOf(registry, y), [a, b].sort());
      assert.deepEqual(await holdersOf(registry, u), [b]);
      assert.deepEqual(await holdersOf(registry, v), [a, b].sort());
    },
  },
  {
    name: 'keeps a hub as long as it renews',
    async check({ registry, advance }) {
      const hub = createId<HubId>();
      const conversation = createId<ConversationId>();
      assert.equal(await registry.renew(hub, leaseMs), true, 'the first renewal is no lapse');
      await registry.serve(hub, [conversation]);
      for (let i = 0; i < 4; i++) {
        await advance(leaseMs * 0.6);
        assert.equal(await registry.renew(hub, leaseMs), true);
      }
      assert.deepEqual(await hubsOf(registry, conversation), [hub]);
      assert.deepEqual(await registry.hubs(), [hub]);
    },
  },
  {
    name: 'forgets a hub whose lease has run out, with all its entries',
    async check({ registry, advance }) {
      const hub = await createHub(registry);
      const conversation = createId<ConversationId>();
      const user = createId<AccountId>();
      await registry.serve(hub, [conversation]);
      await registry.hold(hub, [user]);
      await advance(leaseMs + 1);
      assert.deepEqual(await hubsOf(registry, conversation), []);
      assert.deepEqual(await holdersOf(registry, user), []);
      assert.deepEqual(await registry.hubs(), []);
    },
  },
  {
    name: 'tells a hub that its lease had run out, and gives it nothing of before',
    async check({ registry, advance }) {
      const hub = await createHub(registry);
      const conversation = createId<ConversationId>();
      await registry.serve(hub, [conversation]);
      await advance(leaseMs + 1);
      assert.equal(await registry.renew(hub, leaseMs), false);
      assert.deepEqual(await hubsOf(registry, conversation), []);
      assert.equal(await registry.renew(hub, leaseMs), true);
      await registry.serve(hub, [conversation]);
      assert.deepEqual(await hubsOf(registry, conversation), [hub]);
    },
  },
  {
    name: 'confirms nothing to a hub without a lease',
    async check({ registry, advance }) {
      const hub = await createHub(registry);
      await advance(leaseMs + 1);
      await assert.rejects(registry.serve(hub, [createId()]), { code: 'service.unavailable' });
      await assert.rejects(registry.hold(hub, [createId()]), { code: 'service.unavailable' });
    },
  },
  {
    name: 'says of everybody asked about whether any hub holds them, and when the last one dropped them',
    async check({ registry, advance }) {
      const [a, b] = [await createHub(registry), await createHub(registry)];
      const [user, other, stranger] = [createId<AccountId>(), createId<AccountId>(), createId<AccountId>()];
      await registry.hold(a, [user, other]);
      await registry.hold(b, [user]);
      await registry.drop(a, [user]);
      const online = { online: true, lastSeen: null };
      assert.deepEqual(
        await registry.presenceOf([user, stranger, other]),
        new Map([
          [user, online],
          [stranger, { online: false, lastSeen: null }],
          [other, online],
        ]),
      );
      await advance(20);
      await registry.drop(b, [user, stranger]);
      const gone = await presenceOf(registry, user);
      assert.equal(gone?.online, false);
      assert.equal(typeof gone.lastSeen, 'string');
      // Of one moment: what is remembered does not move on.
      await advance(20);
      assert.deepEqual(await presenceOf(registry, user), gone);
      // Dropped by a hub that did not hold them: nobody has seen them.
      assert.deepEqual(await presenceOf(registry, stranger), { online: false, lastSeen: null });
      await registry.hold(a, [user]);
      assert.deepEqual(await presenceOf(registry, user), online);
      await advance(20);
      await registry.drop(a, [user]);
      const again = await presenceOf(registry, user);
      assert.ok((again?.lastSeen ?? '') > (gone.lastSeen ?? ''), 'a later departure is seen later');
    },
  },
  {
    name: 'keeps nobody online whose hub has gone, by its lease or by itself',
    async check({ registry, advance }) {
      const [a, b] = [await createHub(registry), await createHub(registry)];
      const [user, other] = [createId<AccountId>(), createId<AccountId>()];
      await registry.hold(a, [user]);
      await registry.hold(b, [other]);
      await registry.leave(b);
      assert.equal((await presenceOf(registry, user))?.online, true);
      assert.equal((await presenceOf(registry, other))?.online, false);
      await advance(leaseMs + 1);
      assert.equal((await presenceOf(registry, user))?.online, false);
    },
  },
  {
    name: 'forgets a hub that leaves, at once and with all its entries',
    async check({ registry }) {
      const [a, b] = [await createHub(registry), await createHub(registry)];
      const conversation = createId<ConversationId>();
      const user = createId<AccountId>();
      for (const hub of [a, b]) {
        await registry.serve(hub, [conversation]);
        await registry.hold(hub, [user]);
      }
      await registry.leave(a);
      await registry.leave(a);
      assert.deepEqual(await hubsOf(registry, conversation), [b]);
      assert.deepEqual(await holdersOf(registry, user), [b]);
      assert.deepEqual(await registry.hubs(), [b]);
    },
  },
];
