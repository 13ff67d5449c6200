import type { Instance } from '../model/instance.ts';

/**
 * Which instances of which services run (discovery's memory).
 *
 * Guarantees: what `put` has confirmed is seen by every later `list`. An instance lives as long as its lease is renewed, so a
 * crashed one disappears by itself. A service has each address once: only one process can listen there, so the newcomer is
 * what lives and the entry it finds is what a crash has left. Counter-example: keeping both sends every second call to an id
 * that is gone.
 */
export interface InstanceStore {
  /** `shared`: several processes see the same instances. */
  readonly guarantees: { readonly shared: boolean };
  /** Makes the instances known for `leaseMs` from now; takes the place of the same id, or the same address, of the service. */
  put(instances: readonly Instance[], leaseMs: number): Promise<void>;
  /** Prolongs every lease held under these ids by what it was put with. For each id: false when it holds none. */
  renew(ids: readonly string[]): Promise<readonly boolean[]>;
  /** Ends the leases held under these ids. Idempotent. */
  remove(ids: readonly string[]): Promise<void>;
  /** The live instances of all services: as many as there are processes, so nobody asks for less. */
  list(): Promise<StoredInstances>;
  close(): Promise<void>;
}

export interface StoredInstances {
  readonly instances: readonly Instance[];
  /** For how long the store has kept everything it was told, in milliseconds: begins anew when it was lost or replaced. */
  readonly ageMs: number;
}
