import type { AccountId, ConversationId, HubId } from '../../src/kernel/ids.ts';
import type { HubRegistry } from '../../src/ports/hub-registry.ts';

/** Ways a registry can be wrong, to prove that the suite notices. Each is the sound one with some calls replaced. */
export const registryFaults = {
  'serve is confirmed before it is seen': (sound: HubRegistry) => ({
    async serve(hub: HubId, conversations: readonly ConversationId[]) {
      // The property may be over by then, and the hub gone.
      setImmediate(() => void sound.serve(hub, conversations).catch(() => {}));
    },
  }),
  'answers come from a cache': (sound: HubRegistry) => {
    const cache = new Map<string, Promise<ReadonlyMap<ConversationId, readonly HubId[]>>>();
    return {
      hubsOfConversations(conversations: readonly ConversationId[]) {
        const key = conversations.join();
        const answer = cache.get(key) ?? sound.hubsOfConversations(conversations);
        cache.set(key, answer);
        return answer;
      },
    };
  },
  'one hub for each conversation': (sound: HubRegistry) => ({
    async hubsOfConversations(conversations: readonly ConversationId[]) {
      const found = await sound.hubsOfConversations(conversations);
      return new Map([...found].map(([key, hubs]) => [key, hubs.slice(0, 1)]));
    },
  }),
  'all conversations are one': (sound: HubRegistry) => ({
    async hubsOfConversations(conversations: readonly ConversationId[]) {
      const all = [...new Set([...(await sound.hubsOfConversations(conversations)).values()].flat())];
      return new Map(conversations.map((key) => [key, all]));
    },
  }),
  'release does nothing': () => ({ async release() {} }),
  'release drops the hub': (sound: HubRegistry) => ({ release: (hub: HubId) => sound.leave(hub) }),
  'leases do not end': (sound: HubRegistry) => ({ renew: (hub: HubId) => sound.renew(hub, 1e9) }),
  'leases are not renewed': (sound: HubRegistry) => {
    const seen = new Set<HubId>();
    return {
      async renew(hub: HubId, leaseMs: number) {
        if (seen.has(hub)) return true;
        seen.add(hub);
        return sound.renew(hub, leaseMs);
      },
    };
  },
  'a lapse is not told': (sound: HubRegistry) => ({
    async renew(hub: HubId, leaseMs: number) {
      await sound.renew(hub, leaseMs);
      return true;
    },
  }),
  'the first renewal counts as a lapse': (sound: HubRegistry) => {
    const seen = new Set<HubId>();
    return {
      async renew(hub: HubId, leaseMs: number) {
        const kept = await sound.renew(hub, leaseMs);
        return seen.size < seen.add(hub).size ? false : kept;
      },
    };
  },
  'hubs without a lease are served': (sound: HubRegistry) => ({
    async serve(hub: HubId, conversations: readonly ConversationId[]) {
      await sound.renew(hub, 1_000);
      return sound.serve(hub, conversations);
    },
  }),
  'leave does nothing': () => ({ async leave() {} }),
  'who leaves one hub is offline': (sound: HubRegistry) => {
    const dropped = new Set<AccountId>();
    return {
      async drop(hub: HubId, users: readonly AccountId[]) {
        for (const user of users) dropped.add(user);
        await sound.drop(hub, users);
      },
      async presenceOf(users: readonly AccountId[]) {
        const found = new Map(await sound.presenceOf(users));
        for (const user of users) if (dropped.has(user)) found.set(user, { online: false, lastSeen: null });
        return found;
      },
    };
  },
  'only those known are told of': (sound: HubRegistry) => ({
    async presenceOf(users: readonly AccountId[]) {
      return new Map([...(await sound.presenceOf(users))].filter(([, { online, lastSeen }]) => online || lastSeen));
    },
  }),
  'last seen is now': (sound: HubRegistry) => {
    let serial = 0;
    return {
      async presenceOf(users: readonly AccountId[]) {
        const lastSeen = new Date(serial++).toISOString();
        const found = [...(await sound.presenceOf(users))];
        return new Map(found.map(([user, p]) => [user, p.online || !p.lastSeen ? p : { online: false, lastSeen }]));
      },
    };
  },
  'any drop counts as seen': (sound: HubRegistry) => ({
    async drop(hub: HubId, users: readonly AccountId[]) {
      await sound.hold(hub, users);
      await sound.drop(hub, users);
    },
  }),
  'who was ever held stays online': (sound: HubRegistry) => {
    const held = new Set<AccountId>();
    return {
      async hold(hub: HubId, users: readonly AccountId[]) {
        for (const user of users) held.add(user);
        await sound.hold(hub, users);
      },
      async drop(hub: HubId, users: readonly AccountId[]) {
        for (const user of users) held.delete(user);
        await sound.drop(hub, users);
      },
      async presenceOf(users: readonly AccountId[]) {
        const found = new Map(await sound.presenceOf(users));
        for (const user of users) if (held.has(user)) found.set(user, { online: true, lastSeen: null });
        return found;
      },
    };
  },
} as const satisfies Record<string, (sound: HubRegistry) => Partial<HubRegistry>>;

export type RegistryFault = keyof typeof registryFaults;

export function breakRegistry(sound: HubRegistry, fault: RegistryFault): HubRegistry {
  return { ...sound, ...registryFaults[fault](sound) };
}

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<RegistryFault, readonly string[]>> = {
  'serve is confirmed before it is seen': [
    'answers for many',
    'confirms nothing to',
    'forgets a hub that',
    'forgets what release',
    'keeps a hub',
    'names every hub',
    'tells a hub',
  ],
  'answers come from a cache': ['tells a hub'],
  'one hub for each conversation': ['answers for many', 'forgets what release'],
  'leases do not end': ['confirms nothing to', 'keeps nobody online', 'tells a hub'],
  'leases are not renewed': ['tells a hub'],
  'only those known are told of': ['keeps nobody online'],
  'hubs without a lease are served': ['keeps a hub'],
  'leave does nothing': ['keeps nobody online'],
};
