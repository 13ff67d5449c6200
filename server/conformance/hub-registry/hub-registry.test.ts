import { describe, expect, test } from 'vitest';
import { createMemoryHubRegistry } from '../../src/adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { type AccountId, createId, type HubId } from '../../src/kernel/ids.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, breakRegistry, type RegistryFault } from './break-registry.ts';
import { type RegistrySubject, registryProperties } from './properties.ts';

function createMemorySubject(): RegistrySubject {
  let now = 0;
  return {
    registry: createMemoryHubRegistry({ clock: { wall: () => now, monotonic: () => now } }),
    async advance(ms) {
      now += ms;
    },
  };
}

describe('the memory registry', () => {
  for (const property of registryProperties) {
    test(property.name, () => property.check(createMemorySubject()));
  }

  test('remembers so many of the absent and no more: those who went last', async () => {
    const { registry } = createMemorySubject();
    const hub = createId<HubId>();
    const users = Array.from({ length: 50_001 }, () => createId<AccountId>());
    await registry.renew(hub, 1_000);
    await registry.hold(hub, users);
    await registry.drop(hub, users);
    const found = [...(await registry.presenceOf(users)).values()].map(({ lastSeen }) => lastSeen !== null);
    expect(found).toEqual([false, ...found.slice(1).fill(true)]);
    expect(found).toHaveLength(50_001);
  });
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<RegistryFault, string> = {
  'serve is confirmed before it is seen': 'at once',
  'answers come from a cache': 'at once',
  'one hub for each conversation': 'names every hub',
  'all conversations are one': 'keeps them apart',
  'release does nothing': 'release and drop',
  'release drops the hub': 'release and drop',
  'leases do not end': 'has run out, with all',
  'leases are not renewed': 'as long as it renews',
  'a lapse is not told': 'tells a hub',
  'the first renewal counts as a lapse': 'as long as it renews',
  'hubs without a lease are served': 'confirms nothing',
  'leave does nothing': 'that leaves',
  'who leaves one hub is offline': 'says of everybody',
  'only those known are told of': 'says of everybody',
  'last seen is now': 'says of everybody',
  'any drop counts as seen': 'says of everybody',
  'who was ever held stays online': 'keeps nobody online',
};

describeFaults({
  properties: registryProperties,
  noticedBy,
  alsoBroken,
  create: createMemorySubject,
  break: (sound, fault) => ({ ...sound, registry: breakRegistry(sound.registry, fault) }),
});
