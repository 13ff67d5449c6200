import type { Clock } from '../../kernel/clock.ts';
import type { HubId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import type { Verifier } from './verifier.ts';

/**
 * Keeps the hub known to the registry. Once a renewal came too late, deliveries may have passed this hub by: it is deaf
 * (rule 16). Measured by the monotonic clock (rule 6).
 */
export interface Lease {
  begin(): Promise<void>;
  /** Renews when a third of the lease is over. */
  sweep(): void;
}

export function createLease(deps: {
  readonly registry: HubRegistry;
  readonly hub: HubId;
  readonly leaseMs: number;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly log: Log;
}): Lease {
  const { registry, hub, leaseMs, verifier, clock, log } = deps;
  let renewed = 0;
  let renewing = false;

  async function renew(): Promise<void> {
    renewing = true;
    const asked = clock.monotonic();
    try {
      const alive = await registry.renew(hub, leaseMs);
      const late = asked - renewed > leaseMs;
      renewed = asked;
      if (!alive || late) await verifier.doubt('the lease of this hub had run out', true);
    } catch (error) {
      log.warn({ err: error }, 'the lease of this hub could not be renewed; trying again');
    } finally {
      renewing = false;
    }
  }

  return {
    async begin() {
      renewed = clock.monotonic();
      await registry.renew(hub, leaseMs);
    },
    sweep() {
      if (!renewing && clock.monotonic() - renewed >= leaseMs / 3) void renew();
    },
  };
}
