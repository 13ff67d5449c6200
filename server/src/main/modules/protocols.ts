import { protocols } from '../../protocols/protocols.ts';
import { createCallLimits } from '../../protocols/shared/limits/call-limits.ts';
import { limitServices, limitSockets } from '../../protocols/shared/limits/limit-services.ts';
import { createRates } from '../../protocols/shared/limits/rates.ts';
import { createProfileReader } from '../../protocols/shared/profile-reader.ts';
import type { Protocol, ProtocolData, ProtocolDeps } from '../../protocols/shared/protocol.ts';
import type { PublicContext } from '../program-context.ts';

export interface LoadedProtocol {
  readonly data: ProtocolData;
  readonly protocol: Protocol;
}

/** Every public protocol, each once for all ports of this process; its code is loaded now, when the ports open. */
export function createProtocols(p: PublicContext): Promise<readonly LoadedProtocol[]> {
  const deps = protocolDeps(p);
  return Promise.all(protocols.map(async (data) => ({ data, protocol: await data.load(deps) })));
}

function protocolDeps(p: PublicContext): ProtocolDeps {
  const log = p.log.child({ service: 'protocols' });
  const people = p.services.connect('people');
  const rates = createRates({
    sendsPerSecond: p.options['sends-per-second'],
    signInsPerSecond: p.options['sign-ins-per-minute'] / 60,
  });
  const limits = createCallLimits(rates, p.clock);
  return {
    http: p.halves.http,
    sockets: p.halves.sockets && limitSockets(p.halves.sockets, limits),
    ...limitServices({ identity: p.identity, people, chat: p.chat }, limits),
    beginFrame: limits.beginFrame,
    profiles: createProfileReader({ people, log }),
    log,
    metrics: p.metrics,
    config: {
      trustProxy: p.options['trust-proxy'],
      allowedOrigins: p.options['public-url'] ? [new URL(p.options['public-url']).origin] : [],
      attachmentBytes: p.options['max-attachment-mb'] * 1024 * 1024,
    },
  };
}
