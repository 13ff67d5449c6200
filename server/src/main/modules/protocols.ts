import type { Protocol } from '../../protocols/shared/protocol.ts';
import { createRateLimits } from '../../protocols/shared/rate-limits.ts';
import { type ProtocolName, protocolNames } from '../parse-listens.ts';
import type { PublicContext } from '../program-context.ts';

type Deps = ReturnType<typeof protocolDeps>;

/** Loaded when the ports open: a process that serves no protocol never loads the code of one. */
const loaders: Readonly<Record<ProtocolName, (deps: Deps) => Promise<Protocol>>> = {
  native: async (deps) => (await import('../../protocols/native/native-protocol.ts')).createNativeProtocol(deps),
  graphql: async (deps) => (await import('../../protocols/graphql/graphql-protocol.ts')).createGraphqlProtocol(deps),
  veigo: async (deps) => (await import('../../protocols/veigo/veigo-protocol.ts')).createVeigoProtocol(deps),
};

/** Every public protocol, each once for all ports of this process. */
export function createProtocols(p: PublicContext): Promise<readonly Protocol[]> {
  const deps = protocolDeps(p);
  return Promise.all(protocolNames.map((name) => loaders[name](deps)));
}

function protocolDeps(p: PublicContext) {
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
