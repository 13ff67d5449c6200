import { fail } from '../../kernel/errors.ts';
import type { HttpHost, Protocol } from '../shared/protocol.ts';
import { type NativeConfig, type NativeDeps, nativeDefaults } from './native-deps.ts';
import { addRest } from './rest/rest-plugin.ts';
import { addWebRoutes } from './rest/web-routes.ts';
import { createRealtimeSocket, subprotocol } from './socket/realtime-socket.ts';

const socketPath = '/realtime';

/** Parley's own protocol: REST under /api/v1, the socket at /realtime, the web application at / and under /app/. */
export function createNativeProtocol(deps: NativeDeps): Protocol {
  const { http, sockets, ...common } = deps;
  const config: NativeConfig = { ...nativeDefaults, ...deps.config };
  return {
    async registerHttp(host) {
      if (!http) throw new Error('the native protocol was given nothing to serve HTTP with');
      const { version } = await http.status();
      await addRest(host.app, { ...common, ...http, config }, version);
      const { webRoot } = http;
      if (webRoot !== null) await host.app.register((app) => addWebRoutes(app, webRoot));
      if (sockets) return;
      refuse(host);
      host.onUpgrade(socketPath, () => {
        throw fail('request.invalid', 'This process is a gateway: sockets are served by the realtime processes.');
      });
    },
    registerSockets(host) {
      if (!sockets) throw new Error('the native protocol was given no hub to serve sockets with');
      refuse(host);
      host.onUpgrade(socketPath, createRealtimeSocket({ ...common, ...sockets, config }));
    },
  };
}

/** What a request that is no upgrade is told, wherever it lands. */
function refuse(host: HttpHost): void {
  host.app.get(socketPath, { schema: { hide: true } }, async () => {
    throw fail('request.invalid', `Open ${socketPath} as a WebSocket, with the subprotocol ${subprotocol}.`);
  });
}
