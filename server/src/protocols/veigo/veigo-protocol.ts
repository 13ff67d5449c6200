import { fail } from '../../kernel/errors.ts';
import type { HttpHalf, ProtocolServices, SocketHalf } from '../shared/halves.ts';
import { createProfileReader } from '../shared/profile-reader.ts';
import type { Protocol } from '../shared/protocol.ts';
import type { RateLimits } from '../shared/rate-limits.ts';
import type { OriginRule } from '../shared/same-origin.ts';
import { addGql } from './gql/gql-plugin.ts';
import { addVeigoGrpc } from './grpc/add-veigo-grpc.ts';
import { createVeigoSocket } from './socket/veigo-socket.ts';

const socketPath = '/';

export interface VeigoProtocolDeps extends ProtocolServices {
  readonly limits: RateLimits;
  /** What is left out keeps its default. */
  readonly config?: Partial<OriginRule>;
  /** null: HTTP is served by other processes. */
  readonly http: HttpHalf | null;
  /** null: sockets are served by other processes. */
  readonly sockets: SocketHalf | null;
}

/** What Veigo Chat's clients know: GraphQL at /gql, its page at /playground, the socket at /, gRPC packages. */
export function createVeigoProtocol(deps: VeigoProtocolDeps): Protocol {
  const { limits, sockets } = deps;
  const origins = { allowedOrigins: [], trustProxy: false, ...deps.config };
  const common = { ...deps, ...limits, origins, profiles: createProfileReader(deps) };
  return {
    name: 'veigo',
    async registerHttp(host) {
      await addGql(host.app, common);
      // Where no web application is, as on a port of its own: what the reference's real-time service says to who wants no socket.
      if (!host.app.hasRoute({ method: 'GET', url: socketPath })) {
        host.app.get(socketPath, { schema: { hide: true } }, async (_request, reply) =>
          reply.type('text/plain; charset=utf-8').send('Real-Time Service Online'),
        );
      }
      if (sockets) return;
      host.onUpgrade(socketPath, () => {
        throw fail('request.invalid', 'This process is a gateway: sockets are served by the realtime processes.');
      });
    },
    registerSockets(host) {
      if (!sockets) throw new Error('the Veigo protocol was given no hub to serve sockets with');
      host.onUpgrade(socketPath, createVeigoSocket({ ...common, ...sockets }));
    },
    registerGrpc: (host) => addVeigoGrpc(host, common),
  };
}
