import type { Clock } from '../../../kernel/clock.ts';
import type { HubId } from '../../../kernel/ids.ts';
import type { Log } from '../../../kernel/log.ts';
import type { HubRegistry } from '../../../ports/hub-registry.ts';
import type { Verifier } from '../delivering/verifier.ts';
import type { Registrar } from './registrar.ts';

/**
 * Keeps the hub known to the registry. Once a renewal came too late, deliveries may have passed this hub by: it is deaf
 * (rule 16). Measured by the monotonic clock (rule 6).
 */
export interface Lease {
  /** Where the registry does not answer yet, the sweeps go on asking; until it does nobody can connect here. */
  begin(): Promise<void>;
  /** Renews: at every sweep, for a registry that was restarted empty must not be without us for long. */
  sweep(): void;
  /** The registry does not answer, or has not yet. */
  readonly away: boolean;
}

export function createLease(deps: {
  readonly registry: HubRegistry;
  readonly hub: HubId;
  readonly leaseMs: number;
  readonly registrar: Registrar;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly log: Log;
}): Lease {
  const { registry, hub, leaseMs, registrar, verifier, clock, log } = deps;
  let renewed: number | null = null;
  let renewing = false;
  let away = true;
  let told = false;

  async function renew(): Promise<void> {
    renewing = true;
    const asked = clock.monotonic();
    try {
      const alive = await registry.renew(hub, leaseMs);
      const late = renewed !== null && asked - renewed > leaseMs;
      renewed = asked;
      if (told) log.info({}, 'the hub registry answers again');
      away = false;
      told = false;
      registrar.settle();
      // Not waited for: it takes its time, and the lease must not run out meanwhile.
      if (!alive || late) void verifier.doubt('the lease of this hub had run out', true);
    } catch (error) {
      if (!told) log.warn({ err: error }, 'the lease of this hub could not be renewed; trying again until it is');
      away = true;
      told = true;
    } finally {
      renewing = false;
    }
  }

  return {
    begin: renew,
    sweep() {
      if (!renewing) void renew();
    },
    get away() {
      return away;
    },
  };
}
