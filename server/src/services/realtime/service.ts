import type { Service } from '../../ports/service.ts';
import type { RealtimeApi } from './api.ts';
import type { RealtimeParts } from './init.ts';

export const realtime = {
  name: 'realtime',
  description: 'sockets of every protocol, the hub',
  module: 'hub',
  after: ['access', 'chat', 'people'],
  opens: ['bus', 'registry'],
  needs: [],
  hears: ['endSessions', 'resetStream'],
  ports: ['http'],
  instances: 2,
  rpc: { realtime: async () => (await import('./rpc.ts')).realtimeRpc },
  init: async (p: RealtimeParts) => (await import('./init.ts')).initRealtime(p),
} as const satisfies Service<{ realtime: RealtimeApi }>;
