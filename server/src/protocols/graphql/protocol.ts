import type { ProtocolData } from '../shared/protocol.ts';

export const graphql: ProtocolData = {
  name: 'graphql',
  mainPort: {
    http: ['/graphql'],
    // The second for balancers that can tell requests by their path alone.
    upgrades: ['/graphql', '/graphql/stream'],
    streams: ['/graphql/stream'],
  },
  listenModes: [],
  load: async (deps) => (await import('./graphql-protocol.ts')).createGraphqlProtocol(deps),
};
