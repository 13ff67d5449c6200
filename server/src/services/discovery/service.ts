import type { Service } from '../../ports/service.ts';
import type { DiscoveryApi } from './api.ts';
import type { DiscoveryParts } from './init.ts';

export const discovery = {
  name: 'discovery',
  description: 'which instances of which service are alive',
  opens: ['instances'],
  inAll: false,
  needs: ['discovery'],
  instances: 1,
  single: 'in a cluster',
  rpc: { discovery: async () => (await import('./rpc.ts')).discoveryRpc },
  init: async (p: DiscoveryParts) => (await import('./init.ts')).initDiscovery(p),
} as const satisfies Service<{ discovery: DiscoveryApi }>;
