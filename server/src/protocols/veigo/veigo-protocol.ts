import { fail } from '../../kernel/errors.ts';
import type { UpgradeHandler } from '../../runtime/http-upgrades.ts';
import type { HttpHost, Protocol, ProtocolDeps, ServedPort } from '../shared/protocol.ts';
import { addGql } from './gql/gql-plugin.ts';
import { addVeigoGrpc } from './grpc/add-veigo-grpc.ts';
import { createVeigoSocket } from './socket/veigo-socket.ts';

const socketPath = '/';

/** What Veigo Chat's clients know: GraphQL at /gql, its page at /playground, the socket at /, gRPC packages. */
export function createVeigoProtocol(deps: ProtocolDeps): Protocol {
  const { http, sockets } = deps;
  const origins = { allowedOrigins: [], trustProxy: false, ...deps.config };
  const common = { ...deps, origins };
  return {
    async registerHttp(host, port) {
      await addGql(host.app, common);
      // Where no web application is, as on a port of its own: what the reference's real-time service says to who wants no socket.
      if (port.own || !http?.webRoot) {
        host.app.get(socketPath, { schema: { hide: true } }, async (_request, reply) =>
          reply.type('text/plain; charset=utf-8').send('Real-Time Service Online'),
        );
      }
      if (sockets) return;
      addUpgrade(host, port, () => {
        throw fail('request.invalid', 'This process is a gateway: sockets are served by the realtime processes.');
      });
    },
    registerSockets(host, port) {
      if (!sockets) throw new Error('the Veigo protocol was given no hub to serve sockets with');
      addUpgrade(host, port, createVeigoSocket({ ...common, ...sockets }));
    },
    registerGrpc: (host) => addVeigoGrpc(host, common),
  };
}

/** On a port of its own a client may open its socket wherever it likes, as at the reference. */
function addUpgrade(host: HttpHost, { own }: ServedPort, handler: UpgradeHandler): void {
  host.onUpgrade(own ? '*' : socketPath, handler);
}
