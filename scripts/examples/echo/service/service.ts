import type { Service } from '../../ports/service.ts';
import type { EchoApi } from './api.ts';
import type { EchoParts } from './init.ts';

export const echo = {
  name: 'echo',
  description: 'what each account said last',
  database: { connections: () => 4 },
  topics: ['parley.echo'],
  opens: ['bus'],
  needs: ['database'],
  instances: 1,
  rpc: { echo: async () => (await import('./rpc.ts')).echoRpc },
  init: async (p: EchoParts) => (await import('./init.ts')).initEcho(p),
} as const satisfies Service<{ echo: EchoApi }>;
