import { fileDescriptors } from '@parley/contracts/public/descriptors';
import { EchoDefinition } from '@parley/contracts/public/echo/echo';
import { fail } from '../../kernel/errors.ts';
import type { Protocol, ProtocolDeps } from '../shared/protocol.ts';
import { createEchoSocket } from './echo-socket.ts';

const socketPath = '/echo/rooms/:room';

/** Gives back what it is told, in the three ways that a protocol can be spoken. */
export function createEchoProtocol(deps: ProtocolDeps): Protocol {
  const { sockets } = deps;
  return {
    async registerHttp(host) {
      host.app.get<{ Params: { text: string } }>('/echo/say/:text', async ({ params }) => ({ text: params.text }));
      if (sockets) return;
      host.onUpgrade(socketPath, () => {
        throw fail('request.invalid', 'This process is a gateway: sockets are served by the realtime processes.');
      });
    },
    registerSockets(host) {
      if (!sockets) throw new Error('the echo protocol was given no hub to serve sockets with');
      host.onUpgrade(socketPath, createEchoSocket(deps, sockets.hub));
    },
    registerGrpc(host) {
      const describe = (failure: ReturnType<typeof fail>) =>
        ({ code: failure.row.grpc, message: failure.message }) as const;
      const handlers = { say: async (_call: unknown, { text }: { readonly text: string }) => ({ text }) };
      host.add(EchoDefinition, handlers, { describe, descriptors: fileDescriptors });
    },
  };
}
