import * as wire from '@parley/contracts/rpc/discovery.v1';
import type { Instance } from '../../model/instance.ts';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import {
  args,
  field,
  flag,
  list,
  nothing,
  nullable,
  real,
  record,
  same,
  text,
  whole,
  word,
} from '../../rpc/wire/shapes.ts';
import type { Discovered, DiscoveryApi, DiscoveryStatus } from './api.ts';

const instance = same<Instance, wire.Instance>();

const discovered = same<Discovered, wire.DiscoverServicesResponse>();

const store = word<DiscoveryStatus['store'], wire.StoreState>({
  ok: wire.StoreState.STORE_STATE_OK,
  away: wire.StoreState.STORE_STATE_AWAY,
});

const status = record<DiscoveryStatus, wire.StatusCheckResponse>({
  store,
  uptimeSeconds: real,
  instances: nullable(whole),
});

const ids = args(['ids', list(text)]);
const repeatable = { idempotent: true };

/** parley.discovery.v1.DiscoveryService: DiscoveryApi over the wire. */
export const discoveryRpc: RpcService<DiscoveryApi> = createRpcService<DiscoveryApi>(
  'discovery',
  'parley.discovery.v1.DiscoveryService',
  {
    registerService: unary(
      wire.RegisterServiceRequest,
      args(['instances', list(instance)], ['leaseMs', real]),
      wire.RegisterServiceResponse,
      nothing,
      repeatable,
    ),
    heartbeat: unary(wire.HeartbeatRequest, ids, wire.HeartbeatResponse, field('known', list(flag)), repeatable),
    unregisterService: unary(wire.UnregisterServiceRequest, ids, wire.UnregisterServiceResponse, nothing, repeatable),
    discoverServices: unary(
      wire.DiscoverServicesRequest,
      args(['names', list(text)]),
      wire.DiscoverServicesResponse,
      discovered,
      repeatable,
    ),
    discoverService: unary(
      wire.DiscoverServiceRequest,
      args(['name', text]),
      wire.DiscoverServiceResponse,
      field('instance', nullable(instance)),
      repeatable,
    ),
    statusCheck: unary(wire.StatusCheckRequest, args(), wire.StatusCheckResponse, status, repeatable),
  },
);
