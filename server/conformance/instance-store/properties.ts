import assert from 'node:assert/strict';
import { createId } from '../../src/kernel/ids.ts';
import type { Instance } from '../../src/model/instance.ts';
import type { InstanceStore } from '../../src/ports/instance-store.ts';

export interface StoreSubject {
  readonly store: InstanceStore;
  /** Lets this much time pass for the store's leases. */
  advance(ms: number): Promise<void>;
}

/** One property of ports/instance-store. `check` throws when the adapter lacks it. */
export interface StoreProperty {
  readonly name: string;
  check(subject: StoreSubject): Promise<void>;
}

/** In real time a renewal may come a second late on a busy machine. */
const leaseMs = 3_000;
let port = 1_000;

const createInstance = (service = 'chat', address = `host:${port++}`): Instance => ({
  id: createId<string>(),
  service,
  address,
});

const sorted = (instances: readonly Instance[]) => [...instances].sort((a, b) => (a.id < b.id ? -1 : 1));
const listed = async (store: InstanceStore) => sorted((await store.list()).instances);

export const storeProperties: readonly StoreProperty[] = [
  {
    name: 'shows all that put has confirmed at once',
    async check({ store }) {
      assert.deepEqual(await listed(store), []);
      const instances = [createInstance(), createInstance('people'), createInstance()];
      await store.put(instances, leaseMs);
      assert.deepEqual(await listed(store), sorted(instances));
    },
  },
  {
    name: 'has each instance once, however often it is put',
    async check({ store }) {
      const instance = createInstance();
      await store.put([instance], leaseMs);
      await store.put([instance], leaseMs);
      const moved = { ...instance, address: 'elsewhere:1' };
      assert.deepEqual(await listed(store), [instance]);
      await store.put([moved], leaseMs);
      assert.deepEqual(await listed(store), [moved]);
    },
  },
  {
    name: 'has each address of a service once: the newcomer is the one that lives',
    async check({ store }) {
      const [crashed, other] = [createInstance('chat', 'host:1'), createInstance('people', 'host:1')];
      await store.put([crashed, other], leaseMs);
      const newcomer = createInstance('chat', 'host:1');
      await store.put([newcomer], leaseMs);
      assert.deepEqual(await listed(store), sorted([newcomer, other]));
      assert.deepEqual(await store.renew([crashed.id, newcomer.id]), [false, true]);
    },
  },
  {
    name: 'keeps an instance as long as it renews, in every service of its id',
    async check({ store, advance }) {
      const chat = createInstance();
      const process = { ...chat, service: 'process' };
      await store.put([chat, process], leaseMs);
      for (let i = 0; i < 4; i++) {
        await advance(leaseMs * 0.6);
        assert.deepEqual(await store.renew([chat.id]), [true]);
      }
      assert.equal((await listed(store)).length, 2);
    },
  },
  {
    name: 'forgets an instance whose lease has run out, and no other',
    async check({ store, advance }) {
      const [short, long] = [createInstance(), createInstance()];
      await store.put([short], leaseMs);
      await store.put([long], leaseMs * 100);
      await advance(leaseMs + 1);
      assert.deepEqual(await listed(store), [long]);
    },
  },
  {
    name: 'does not bring back by a renewal what has run out or was never there',
    async check({ store, advance }) {
      const instance = createInstance();
      await store.put([instance], leaseMs);
      await advance(leaseMs + 1);
      assert.deepEqual(await store.renew(['never', instance.id]), [false, false]);
      assert.deepEqual(await listed(store), []);
      await store.put([instance], leaseMs);
      assert.deepEqual(await store.renew(['never', instance.id]), [false, true]);
      assert.deepEqual(await listed(store), [instance]);
    },
  },
  {
    name: 'forgets what is removed at once, and only that',
    async check({ store }) {
      const [a, b] = [createInstance(), createInstance()];
      await store.put([a, b], leaseMs);
      await store.remove([a.id, 'never']);
      await store.remove([a.id]);
      assert.deepEqual(await listed(store), [b]);
    },
  },
  {
    name: 'says for how long it has been there',
    async check({ store, advance }) {
      const before = (await store.list()).ageMs;
      await advance(200);
      const after = (await store.list()).ageMs;
      assert.ok(before >= 0 && after - before >= 190, `${before} ms, 200 ms later ${after} ms`);
    },
  },
];
