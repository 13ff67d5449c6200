import { fail } from '../../kernel/errors.ts';
import type { Protocol } from '../shared/protocol.ts';
import { createRateLimit } from '../shared/rate-limit.ts';
import { type NativeConfig, type NativeDeps, nativeDefaults } from './native-deps.ts';
import { addRest } from './rest/rest-plugin.ts';
import { addWebRoutes } from './rest/web-routes.ts';
import { createRealtimeSocket, subprotocol } from './socket/realtime-socket.ts';

/** Parley's own protocol: REST under /api/v1, the socket at /realtime, the web application at / and under /app/. */
export function createNativeProtocol(deps: NativeDeps): Protocol {
  const config: NativeConfig = { ...nativeDefaults, ...deps.config };
  // One allowance per account, however it sends.
  const sends = createRateLimit(config.sends);
  const frames = createRateLimit(config.frames);
  const signIns = createRateLimit(config.signIns);
  return {
    name: 'native',
    async register(host) {
      const { version } = await deps.status();
      await addRest(host.app, { ...deps, config, sends, signIns }, version);
      const { webRoot } = deps;
      if (webRoot !== null) await host.app.register((app) => addWebRoutes(app, webRoot));
      host.app.get('/realtime', { schema: { hide: true } }, async () => {
        throw fail('request.invalid', `Open /realtime as a WebSocket, with the subprotocol ${subprotocol}.`);
      });
      host.onUpgrade('/realtime', createRealtimeSocket({ ...deps, config, sends, frames }));
    },
  };
}
