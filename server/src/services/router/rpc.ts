import * as wire from '@parley/contracts/rpc/router.v1';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { delivery } from '../../rpc/wire/delivery.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import { args, list, nothing } from '../../rpc/wire/shapes.ts';
import type { RouterApi } from './api.ts';

/** parley.router.v1.RouterService: RouterApi over the wire. */
export const routerRpc: RpcService<RouterApi> = createRpcService<RouterApi>(
  'router',
  'parley.router.v1.RouterService',
  {
    // An ephemeral message that came twice would be seen twice.
    route: unary(wire.RouteRequest, args(['deliveries', list(delivery)]), wire.RouteResponse, nothing, {
      idempotent: false,
    }),
  },
);
