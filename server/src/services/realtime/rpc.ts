import * as wire from '@parley/contracts/rpc/realtime.v1';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { delivery } from '../../rpc/wire/delivery.ts';
import { createRpcService, ordered, unary } from '../../rpc/wire/methods.ts';
import { args, list, nothing, text } from '../../rpc/wire/shapes.ts';
import type { RealtimeApi } from './api.ts';

/** parley.realtime.v1.RealtimeService: RealtimeApi over the wire, called on each hub by its id. */
export const realtimeRpc: RpcService<RealtimeApi> = createRpcService<RealtimeApi>(
  'realtime',
  'parley.realtime.v1.RealtimeService',
  {
    // What a hub has had before it drops by the rev.
    deliver: ordered(wire.DeliverRequest, args(['deliveries', list(delivery)]), wire.DeliverResponse, {
      idempotent: true,
    }),
    doubt: unary(wire.DoubtRequest, args(['reason', text]), wire.DoubtResponse, nothing, { idempotent: true }),
  },
);
