import { createContext } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import { createId } from '../../kernel/ids.ts';
import type { UpgradeHandler } from '../../runtime/http-upgrades.ts';
import type { Connection, HubApi } from '../../services/realtime/api.ts';
import { findCredential, verifyCredential } from '../shared/authenticate.ts';
import type { ProtocolDeps } from '../shared/protocol.ts';
import { acceptSockets } from '../shared/socket-outlet.ts';
import { createTextFrame } from '../shared/text-frame.ts';

/** What is kept per socket. */
interface EchoClient {
  readonly room: string;
  connection: Connection | null;
}

/** Verifies the credential, then opens the socket's part at the hub, which pings it, limits it and ends it with its session. */
export function createEchoSocket({ identity, log, config }: ProtocolDeps, hub: HubApi): UpgradeHandler {
  const origins = { allowedOrigins: [], trustProxy: false, ...config };
  const sockets = acceptSockets<EchoClient>(null, log, {
    onText({ state }, data) {
      state?.connection?.heard();
      state?.connection?.send(createTextFrame(`${state.room}: ${data}`));
    },
    onBinary: (outlet) => outlet.close(4500, 'frames are text, not binary'),
    onHeard: ({ state }) => state?.connection?.heard(),
    onClosed: ({ state }) => state?.connection?.closed(),
  });
  return async (request, socket, head, { room = '' }) => {
    const { headers, url = '' } = request;
    const credential = findCredential({ method: 'GET', headers, url }, origins);
    if (!credential) throw fail('token.missing');
    const verified = await verifyCredential(identity, createContext(null, createId<string>()), credential);
    sockets.accept(request, socket, head, { room, connection: null }, async (outlet) => {
      // What is said before the hub has answered waits.
      outlet.pause();
      const client = outlet.state as EchoClient;
      client.connection = await hub.open(createContext(verified.principal, createId<string>()), {
        ...verified,
        outlet,
        encoder: { protocol: 'echo', encode: () => null },
        only: new Set(),
        greet: () => null,
      });
      outlet.resume();
      // It went while the hub was opening it, so its end was told to nobody yet.
      if (!outlet.open) client.connection.closed();
    });
  };
}
