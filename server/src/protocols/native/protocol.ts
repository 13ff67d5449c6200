import type { ProtocolData } from '../shared/protocol.ts';

export const native: ProtocolData = {
  name: 'native',
  mainPort: {
    http: [
      '/api/v1/*',
      '/openapi.json',
      '/asyncapi.json',
      '/.well-known/jwks.json',
      '/docs',
      '/docs/*',
      // The web application, and the files beside its page.
      '/',
      '/icon.svg',
      '/app',
      '/app/*',
      '/assets/*',
    ],
    upgrades: ['/realtime'],
  },
  listenModes: [],
  load: async (deps) => (await import('./native-protocol.ts')).createNativeProtocol(deps),
};
