import type { ProtocolData } from '../shared/protocol.ts';

export const echo: ProtocolData = {
  name: 'echo',
  mainPort: { http: ['/echo/say/:text'], upgrades: ['/echo/rooms/:room'], grpc: ['echo.Echo'] },
  listenModes: [],
  load: async (deps) => (await import('./echo-protocol.ts')).createEchoProtocol(deps),
};
