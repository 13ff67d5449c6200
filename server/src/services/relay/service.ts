import type { Service } from '../../ports/service.ts';
import type { RelayParts } from './init.ts';

/** There is one: it holds the replication slots. Everything that reads the change stream comes before it (main/modules). */
export const relay = {
  name: 'relay',
  description: 'the change stream out of PostgreSQL',
  opens: ['changes', 'bus'],
  needs: ['relay', 'bus'],
  instances: 1,
  single: 'anywhere',
  init: async (p: RelayParts) => (await import('./init.ts')).initRelay(p),
} as const satisfies Service;
