import { topics } from '../../ports/bus.ts';
import type { Service } from '../../ports/service.ts';
import type { IdentityParts } from './init.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

export const identity = {
  name: 'identity',
  description: 'accounts, credentials, sessions, signing keys',
  database: { connections: () => 8 },
  topics: [topics.identity],
  opens: ['bus', 'files'],
  needs: ['database'],
  vital: true,
  instances: 1,
  rpc: { identity: async () => (await import('./rpc.ts')).identityRpc },
  init: async (p: IdentityParts) => (await import('./init.ts')).initIdentity(p),
} as const satisfies Service<{ identity: WholeIdentityApi }>;
