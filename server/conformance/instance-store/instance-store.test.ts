import { describe, test } from 'vitest';
import { createMemoryInstanceStore } from '../../src/adapters/instance-store/memory/create-memory-instance-store.ts';
import { describeFaults } from '../describe-faults.ts';
import { alsoBroken, breakStore, type StoreFault } from './break-store.ts';
import { type StoreSubject, storeProperties } from './properties.ts';

function createMemorySubject(): StoreSubject {
  let now = 0;
  return {
    store: createMemoryInstanceStore({ clock: { wall: () => 0, monotonic: () => now } }),
    async advance(ms) {
      now += ms;
    },
  };
}

describe('the memory store of instances', () => {
  for (const property of storeProperties) {
    test(property.name, () => property.check(createMemorySubject()));
  }
});

/** Fault → words of the property that must notice it. */
const noticedBy: Record<StoreFault, string> = {
  'put is confirmed before it is seen': 'confirmed at once',
  'the first match is the answer': 'confirmed at once',
  'addresses may be there twice': 'each address of a service once',
  'ids may be there twice': 'each instance once',
  'leases do not end': 'lease has run out',
  'leases are not renewed': 'as long as it renews',
  'a renewal brings back what has run out': 'does not bring back',
  'remove does nothing': 'what is removed',
  'remove takes all': 'what is removed',
  'it is always old enough': 'for how long',
};

describeFaults({
  properties: storeProperties,
  noticedBy,
  alsoBroken,
  create: createMemorySubject,
  break: (sound, fault) => ({ ...sound, store: breakStore(sound.store, fault) }),
});
