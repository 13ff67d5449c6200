import { protocols } from '../../protocols/protocols.ts';
import type { Protocol, ProtocolData, ProtocolDeps } from '../../protocols/shared/protocol.ts';
import { createRateLimits } from '../../protocols/shared/rate-limits.ts';
import type { ProgramContext } from '../program-context.ts';

export interface LoadedProtocol {
  readonly data: ProtocolData;
  readonly protocol: Protocol;
}

/** Every public protocol, each once for all ports of this process; its code is loaded now, when the ports open. */
export function createProtocols(p: ProgramContext): Promise<readonly LoadedProtocol[]> {
  const deps = protocolDeps(p);
  return Promise.all(protocols.map(async (data) => ({ data, protocol: await data.load(deps) })));
}

function protocolDeps(p: ProgramContext): ProtocolDeps {
  const perSecond = p.options['sends-per-second'];
  const signIns = p.options['sign-ins-per-minute'] / 60;
  return {
    ...p.halves,
    identity: p.identity,
    people: p.services.connect('people'),
    chat: p.chat,
    log: p.log.child({ service: 'protocols' }),
    metrics: p.metrics,
    limits: createRateLimits({
      sends: { perSecond, burst: perSecond * 5 },
      signIns: { perSecond: signIns, burst: Math.max(200, signIns * 10) },
    }),
    config: {
      trustProxy: p.options['trust-proxy'],
      allowedOrigins: p.options['public-url'] ? [new URL(p.options['public-url']).origin] : [],
      attachmentBytes: p.options['max-attachment-mb'] * 1024 * 1024,
    },
  };
}
