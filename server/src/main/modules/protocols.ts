import { createCallLimits } from '../../protocols/shared/limits/call-limits.ts';
import { limitServices } from '../../protocols/shared/limits/limit-services.ts';
import { createRates } from '../../protocols/shared/limits/rates.ts';
import { createProfileReader } from '../../protocols/shared/profile-reader.ts';
import type { Protocol } from '../../protocols/shared/protocol.ts';
import { type ProtocolName, protocolNames } from '../parse-listens.ts';
import type { ProgramContext } from '../program-context.ts';

type Deps = ReturnType<typeof protocolDeps>;

/** Loaded when the ports open: a process that serves no protocol never loads the code of one. */
const loaders: Readonly<Record<ProtocolName, (deps: Deps) => Promise<Protocol>>> = {
  native: async (deps) => (await import('../../protocols/native/native-protocol.ts')).createNativeProtocol(deps),
  graphql: async (deps) => (await import('../../protocols/graphql/graphql-protocol.ts')).createGraphqlProtocol(deps),
  veigo: async (deps) => (await import('../../protocols/veigo/veigo-protocol.ts')).createVeigoProtocol(deps),
};

/** Every public protocol, each once for all ports of this process. */
export function createProtocols(p: ProgramContext): Promise<readonly Protocol[]> {
  const deps = protocolDeps(p);
  return Promise.all(protocolNames.map((name) => loaders[name](deps)));
}

function protocolDeps(p: ProgramContext) {
  const log = p.log.child({ service: 'protocols' });
  const people = p.services.connect('people');
  const rates = createRates({
    sendsPerSecond: p.options['sends-per-second'],
    signInsPerSecond: p.options['sign-ins-per-minute'] / 60,
  });
  const limits = createCallLimits(rates, p.clock);
  return {
    ...p.halves,
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
