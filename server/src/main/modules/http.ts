import type { Unit } from '../../kernel/lifecycle.ts';
import { createNativeProtocol } from '../../protocols/native/native-protocol.ts';
import { createHttpServer } from '../../runtime/http.ts';
import { createPresenceReader } from '../../services/realtime/presence-reader.ts';
import type { ProgramContext } from '../program-context.ts';

export function initHttp(p: ProgramContext): Unit {
  const { host, port } = p.options;
  const log = p.log.child({ service: 'http' });
  p.http = createHttpServer({ log, metrics: p.metrics, host, port, trustProxy: p.options['trust-proxy'] });
  return {};
}

export function initRest(p: ProgramContext): Unit {
  const { registry, clock, webRoot, status, blobs: attachments } = p;
  const presence = createPresenceReader({ registry, clock, log: p.log.child({ service: 'gateway' }) });
  p.halves.http = { presence, attachments, status, webRoot };
  return {};
}

export function initSockets(p: ProgramContext): Unit {
  p.halves.sockets = { hub: p.hub };
  return {};
}

/** Opens the public port, when everything behind it runs, for the halves of the protocols that this process serves. */
export function initListener(p: ProgramContext): Unit {
  const { unit } = p.http;
  return {
    ...unit,
    async start() {
      const protocol = createNativeProtocol(protocolDeps(p));
      if (p.halves.http) await protocol.registerHttp(p.http);
      if (p.halves.sockets) protocol.registerSockets(p.http);
      await unit.start?.().catch((error) => explainPort(error, p.options));
      p.httpPort = p.http.port;
    },
  };
}

function explainPort(error: NodeJS.ErrnoException, { host, port }: ProgramContext['options']): never {
  if (error.code === 'EADDRINUSE') throw new Error(`port ${port} of ${host} is taken: give another with --port`);
  if (error.code === 'EADDRNOTAVAIL')
    throw new Error(`${host} is no address of this machine: give another with --host`);
  throw error;
}

function protocolDeps(p: ProgramContext) {
  const perSecond = p.options['sends-per-second'];
  const signIns = p.options['sign-ins-per-minute'] / 60;
  return {
    ...p.halves,
    identity: p.identity,
    people: p.services.connect('people'),
    chat: p.chat,
    log: p.log.child({ service: 'protocols' }),
    metrics: p.metrics,
    config: {
      trustProxy: p.options['trust-proxy'],
      allowedOrigins: p.options['public-url'] ? [new URL(p.options['public-url']).origin] : [],
      sends: { perSecond, burst: perSecond * 5 },
      signIns: { perSecond: signIns, burst: Math.max(200, signIns * 10) },
      attachmentBytes: p.options['max-attachment-mb'] * 1024 * 1024,
    },
  };
}
