import type { InstanceStore } from '../../ports/instance-store.ts';
import { partsFor, type ServiceParts, type WiredService } from '../../ports/service.ts';
import type { DiscoveryApi } from './api.ts';
import { createDiscovery } from './module.ts';

/** What of the program it is wired to. */
export interface DiscoveryParts extends ServiceParts {
  readonly instances: InstanceStore;
}

export function initDiscovery(p: DiscoveryParts): WiredService<{ discovery: DiscoveryApi }> {
  const { api, unit } = createDiscovery({ ...partsFor(p, 'discovery'), store: p.instances });
  return { unit, apis: { discovery: api } };
}
