import fastify from 'fastify';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import { createCallLimits } from '../src/protocols/shared/limits/call-limits.ts';
import type { ProtocolData, ProtocolDeps, ServedPort } from '../src/protocols/shared/protocol.ts';
import type { HubApi } from '../src/services/realtime/api.ts';

/** What a protocol has registered with one port. */
export interface Registered {
  readonly name: string;
  /** `GET /a/:b` */
  readonly routes: readonly string[];
  readonly upgrades: readonly string[];
  readonly grpc: readonly string[];
}

/** Services that answer nothing: what is registered does not depend on them. */
export function createIdleDeps(webRoot: string | null = null): ProtocolDeps {
  const status = () => ({ status: 'ok', version: '1.2.3', uptimeSeconds: 1, services: {} }) as const;
  const presence = { presenceOf: async () => new Map() };
  return {
    ...{ identity: {} as never, people: {} as never, chat: {} as never },
    log: silentLog,
    metrics: noMetrics,
    beginFrame: createCallLimits().beginFrame,
    profiles: {} as never,
    http: { presence, status, webRoot, attachments: {} as never },
    sockets: {
      presence,
      status,
      hub: {} as HubApi,
      notifyPreferencesOf: async () => [],
      ownMemberships: async () => [],
    },
  };
}

/** Registers a protocol alone, with a port that never opens. `deps` without a half: of that half it registers nothing. */
export async function registerProtocol(
  data: ProtocolData,
  port: ServedPort,
  deps: ProtocolDeps = createIdleDeps(),
): Promise<Registered> {
  const app = fastify();
  const routes: string[] = [];
  const upgrades: string[] = [];
  const grpc: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one} ${url}`);
  });
  const host = { app, onUpgrade: (pattern: string) => void upgrades.push(pattern) };
  const protocol = await data.load(deps);
  if (deps.http) await protocol.registerHttp(host, port);
  if (deps.sockets) protocol.registerSockets(host, port);
  if (deps.http) protocol.registerGrpc?.({ add: ({ fullName }) => void grpc.push(fullName) }, port);
  await app.ready();
  await app.close();
  return { name: data.name, routes, upgrades, grpc };
}
