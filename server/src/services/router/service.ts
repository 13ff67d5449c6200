import type { Service } from '../../ports/service.ts';
import type { RouterApi } from './api.ts';
import { routerGroups } from './groups.ts';
import type { RouterParts } from './init.ts';

export const router = {
  name: 'router',
  description: 'a delivery per hub for every change',
  groups: Object.values(routerGroups),
  after: ['chat'],
  opens: ['bus', 'registry'],
  needs: ['bus', 'registry'],
  instances: 1,
  rpc: { router: async () => (await import('./rpc.ts')).routerRpc },
  init: async (p: RouterParts) => (await import('./init.ts')).initRouter(p),
} as const satisfies Service<{ router: RouterApi }>;
