import * as wire from '@parley/contracts/rpc/process.v1';
import type { SessionId } from '../../kernel/ids.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { endedSessions } from '../../rpc/wire/delivery.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import { args, flag, nothing, optional, real, record, type Shape, text, word } from '../../rpc/wire/shapes.ts';
import type { ProcessApi, ProcessStatus } from './api.ts';

const health = record<Health, wire.Health>({
  status: word<Health['status'], wire.HealthStatus>({
    ok: wire.HealthStatus.HEALTH_STATUS_OK,
    degraded: wire.HealthStatus.HEALTH_STATUS_DEGRADED,
    down: wire.HealthStatus.HEALTH_STATUS_DOWN,
  }),
  detail: optional(text),
});

/** By the name of the part. */
const parts: Shape<Readonly<Record<string, Health>>, { [key: string]: wire.Health }> = {
  to: (value) => Object.fromEntries(Object.entries(value).map(([name, of]) => [text.to(name), health.to(of)])),
  from: (value) => Object.fromEntries(Object.entries(value).map(([name, of]) => [name, health.from(of)])),
};

const status = record<ProcessStatus, wire.StatusResponse>({
  version: text,
  uptimeSeconds: real,
  ready: flag,
  foundation: parts,
  modules: parts,
});

const repeatable = { idempotent: true };

/** The api by the names of the proto, where a request is not told as what has happened. */
interface Calls {
  status: ProcessApi['status'];
  endSessions: ProcessApi['onRevoked'];
  resetStream: ProcessApi['onStreamReset'];
}

const { name, methods } = createRpcService<Calls>('process', 'parley.process.v1.ProcessService', {
  status: unary(wire.StatusRequest, args(), wire.StatusResponse, status, repeatable),
  endSessions: unary(
    wire.EndSessionsRequest,
    args(['account', text], ['which', endedSessions<SessionId>()]),
    wire.EndSessionsResponse,
    nothing,
    repeatable,
  ),
  resetStream: unary(wire.ResetStreamRequest, args(['reason', text]), wire.ResetStreamResponse, nothing, repeatable),
});

/** parley.process.v1.ProcessService: ProcessApi over the wire, called on each process. */
export const processRpc: RpcService<ProcessApi> = {
  name,
  methods: { status: methods.status, onRevoked: methods.endSessions, onStreamReset: methods.resetStream },
};
