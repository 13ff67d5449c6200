import * as wire from '@parley/contracts/rpc/echo.v1';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import { args, field, nullable, text } from '../../rpc/wire/shapes.ts';
import type { EchoApi } from './api.ts';

/** parley.echo.v1.EchoService: EchoApi over the wire. */
export const echoRpc: RpcService<EchoApi> = createRpcService<EchoApi>('echo', 'parley.echo.v1.EchoService', {
  say: unary(wire.SayRequest, args(['text', text]), wire.SayResponse, field('before', nullable(text)), {
    idempotent: false,
  }),
});
