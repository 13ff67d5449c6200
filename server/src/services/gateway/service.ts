import type { Service } from '../../ports/service.ts';

/** No service that others call: its modules are the protocols' (main/modules). */
export const gateway = {
  name: 'gateway',
  description: 'HTTP of every protocol, the web application, limits',
  needs: [],
  hears: ['endSessions', 'resetStream'],
  ports: ['http', 'grpc'],
  instances: 2,
} as const satisfies Service;
