import type { ProtocolData } from '../shared/protocol.ts';

export const veigo: ProtocolData = {
  name: 'veigo',
  mainPort: {
    http: ['/gql', '/playground'],
    upgrades: ['/'],
    grpc: [
      'authentication.Authentication',
      'health_check.HealthCheck',
      'member_room.MemberRoom',
      'message.Message',
      'profile.Profile',
      'room.Room',
    ],
  },
  // The reference takes an upgrade on any path for its socket.
  ownPort: { http: ['/gql', '/playground', '/'], upgrades: ['*'] },
  listenModes: [],
  load: async (deps) => (await import('./veigo-protocol.ts')).createVeigoProtocol(deps),
};
