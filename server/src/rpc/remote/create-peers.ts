import type { Clock } from '../../kernel/clock.ts';
import type { Peer } from '../rpc-service.ts';

/** The connections of this process: one per address, shared by all services that are reached there. */
export interface Peers {
  of(address: string): Peer;
  close(): void;
}

/** A peer that nobody has asked for as long is closed: longer than any call lasts. Its process has most likely gone. */
const idleMs = 120_000;

export function createPeers(deps: { readonly clock: Clock; open(address: string): Peer }): Peers {
  const { clock, open } = deps;
  const peers = new Map<string, { readonly peer: Peer; usedAt: number }>();
  let sweptAt = clock.monotonic();

  function sweep(now: number): void {
    if (now - sweptAt < idleMs) return;
    sweptAt = now;
    for (const [address, { peer, usedAt }] of peers) {
      if (now - usedAt < idleMs) continue;
      peers.delete(address);
      peer.close();
    }
  }

  return {
    of(address) {
      const now = clock.monotonic();
      sweep(now);
      let entry = peers.get(address);
      if (!entry) {
        entry = { peer: open(address), usedAt: now };
        peers.set(address, entry);
      }
      entry.usedAt = now;
      return entry.peer;
    },
    close() {
      for (const { peer } of peers.values()) peer.close();
      peers.clear();
    },
  };
}
