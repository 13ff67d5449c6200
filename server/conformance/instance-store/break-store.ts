import type { Instance } from '../../src/model/instance.ts';
import type { InstanceStore } from '../../src/ports/instance-store.ts';

/** Ways a store can be wrong, to prove that the suite notices. Each is the sound one with some calls replaced. */
export const storeFaults = {
  'put is confirmed before it is seen': (sound: InstanceStore) => ({
    async put(instances: readonly Instance[], leaseMs: number) {
      setImmediate(() => void sound.put(instances, leaseMs));
    },
  }),
  'the first match is the answer': (sound: InstanceStore) => ({
    async list() {
      const answer = await sound.list();
      return { ...answer, instances: answer.instances.slice(0, 1) };
    },
  }),
  'addresses may be there twice': (sound: InstanceStore) => {
    const old: Instance[] = [];
    return {
      async put(instances: readonly Instance[], leaseMs: number) {
        old.push(...(await sound.list()).instances);
        await sound.put(instances, leaseMs);
      },
      async list() {
        const answer = await sound.list();
        const ids = new Set(answer.instances.map(({ id }) => id));
        return { ...answer, instances: [...answer.instances, ...old.filter(({ id }) => !ids.has(id))] };
      },
    };
  },
  'ids may be there twice': (sound: InstanceStore) => {
    const all: Instance[] = [];
    return {
      async put(instances: readonly Instance[], leaseMs: number) {
        all.push(...instances);
        await sound.put(instances, leaseMs);
      },
      async list() {
        const answer = await sound.list();
        return { ...answer, instances: all.filter((each) => answer.instances.some(({ id }) => id === each.id)) };
      },
    };
  },
  'leases do not end': (sound: InstanceStore) => ({
    put: (instances: readonly Instance[]) => sound.put(instances, 1e9),
  }),
  'leases are not renewed': () => ({ renew: async (ids: readonly string[]) => ids.map(() => true) }),
  'a renewal brings back what has run out': (sound: InstanceStore) => {
    const all = new Map<string, Instance>();
    return {
      async put(instances: readonly Instance[], leaseMs: number) {
        for (const instance of instances) all.set(instance.id, instance);
        await sound.put(instances, leaseMs);
      },
      async renew(ids: readonly string[]) {
        const known = await sound.renew(ids);
        const gone = ids.flatMap((id, i) => (known[i] ? [] : (all.get(id) ?? [])));
        await sound.put(gone, 1_000);
        return known;
      },
    };
  },
  'remove does nothing': () => ({ async remove() {} }),
  'remove takes all': (sound: InstanceStore) => ({
    async remove() {
      await sound.remove((await sound.list()).instances.map(({ id }) => id));
    },
  }),
  'it is always old enough': (sound: InstanceStore) => ({
    list: async () => ({ ...(await sound.list()), ageMs: 60_000 }),
  }),
} as const satisfies Record<string, (sound: InstanceStore) => Partial<InstanceStore>>;

export type StoreFault = keyof typeof storeFaults;

export function breakStore(sound: InstanceStore, fault: StoreFault): InstanceStore {
  return { ...sound, ...storeFaults[fault](sound) };
}

/** What else may not hold where something is broken: it stands on the same thing, or shows it too. */
export const alsoBroken: Partial<Record<StoreFault, readonly string[]>> = {
  'put is confirmed before it is seen': [
    'does not bring',
    'forgets an instance',
    'forgets what is',
    'has each address',
    'has each instance',
    'keeps an instance',
  ],
  'the first match is the answer': ['has each address', 'keeps an instance'],
  'addresses may be there twice': ['forgets an instance'],
  'ids may be there twice': ['does not bring'],
  'leases do not end': ['does not bring'],
  'leases are not renewed': ['does not bring', 'has each address'],
};
