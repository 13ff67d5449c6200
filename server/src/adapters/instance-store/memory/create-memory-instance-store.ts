import type { Clock } from '../../../kernel/clock.ts';
import type { Instance } from '../../../model/instance.ts';
import type { InstanceStore } from '../../../ports/instance-store.ts';

interface Entry {
  readonly instance: Instance;
  readonly leaseMs: number;
  /** Monotonic milliseconds. */
  expires: number;
}

/** The instances that one discovery process knows. Leases run on the monotonic clock (rule 6). */
export function createMemoryInstanceStore({ clock }: { readonly clock: Clock }): InstanceStore {
  const began = clock.monotonic();
  let entries: readonly Entry[] = [];

  function keep(isKept: (entry: Entry) => boolean): void {
    const now = clock.monotonic();
    entries = entries.filter((entry) => entry.expires > now && isKept(entry));
  }

  return {
    guarantees: { shared: false },
    async put(instances, leaseMs) {
      for (const { id, service, address } of instances) {
        keep(({ instance: old }) => old.service !== service || (old.id !== id && old.address !== address));
        const expires = clock.monotonic() + leaseMs;
        entries = [...entries, { instance: { id, service, address }, leaseMs, expires }];
      }
    },
    async renew(ids) {
      keep(() => true);
      const known = new Set<string>();
      for (const entry of entries) {
        if (!ids.includes(entry.instance.id)) continue;
        entry.expires = clock.monotonic() + entry.leaseMs;
        known.add(entry.instance.id);
      }
      return ids.map((id) => known.has(id));
    },
    async remove(ids) {
      keep(({ instance }) => !ids.includes(instance.id));
    },
    async list() {
      keep(() => true);
      return { instances: entries.map(({ instance }) => instance), ageMs: clock.monotonic() - began };
    },
    async close() {},
  };
}
