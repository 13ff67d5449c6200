import type { Instance } from '../../model/instance.ts';

/** Where instances are, and where those were that are not listed any more. */
export interface AddressBook {
  /** Who runs the service now. */
  note(listed: readonly Instance[]): void;
  /** The last address of the id, unless another instance has taken it. */
  find(id: string): string | undefined;
}

/** Ids remembered beyond those that are listed. */
const maxFormer = 1_000;

/**
 * One that is about to stop leaves the list, so that nobody new turns to it, and is there until it has stopped: who has to do
 * with this one and no other (a hub, whose connections are served to the end) still has to find it.
 */
export function createAddressBook(): AddressBook {
  /** By id, those listed last at the end. */
  const addresses = new Map<string, string>();
  return {
    note(listed) {
      const taken = new Set(listed.map(({ address }) => address));
      for (const [id, address] of addresses) if (taken.has(address)) addresses.delete(id);
      for (const { id, address } of listed) {
        addresses.delete(id);
        addresses.set(id, address);
      }
      for (const id of addresses.keys()) {
        if (addresses.size <= listed.length + maxFormer) break;
        addresses.delete(id);
      }
    },
    find: (id) => addresses.get(id),
  };
}
