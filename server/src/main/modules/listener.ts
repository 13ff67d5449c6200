import type { Unit } from '../../kernel/lifecycle.ts';
import type { Protocol, ServedPort } from '../../protocols/shared/protocol.ts';
import { createHttpServer, type HttpServer } from '../../runtime/http.ts';
import type { Wired } from '../../runtime/modules.ts';
import type { ProgramContext, PublicContext } from '../program-context.ts';
import { createProtocols, type LoadedProtocol } from './protocols.ts';

const mainPort: ServedPort = { own: false, mode: null };

/** Opens the public ports, when everything behind them runs, for the halves of the protocols that this process serves. */
export function initListener(
  p: PublicContext,
  load: (p: PublicContext) => Promise<readonly LoadedProtocol[]> = createProtocols,
): Wired<undefined> {
  const { host } = p.options;
  const opened: Unit[] = [];
  const open = async (unit: Unit, address: string, port: number, flag: string): Promise<void> => {
    opened.unshift(unit);
    await unit.start?.().catch((error) => explainPort(error, address, port, flag));
  };
  const openHttp = async (
    http: HttpServer,
    port: number,
    protocols: readonly Protocol[],
    served: ServedPort,
    flag: string,
  ): Promise<void> => {
    for (const protocol of protocols) {
      if (p.halves.http) await protocol.registerHttp(http, served);
      if (p.halves.sockets) protocol.registerSockets(http, served);
    }
    await open(http.unit, host, port, flag);
  };
  /** Only where HTTP is served: sockets alone need nothing of it, nor its code. */
  const openGrpc = async (
    port: number,
    protocols: readonly Protocol[],
    served: ServedPort,
    flag: string,
  ): Promise<void> => {
    if (!p.halves.http) return;
    const { createPublicGrpc } = await import('../../runtime/public-grpc/create-public-grpc.ts');
    const log = p.log.child({ service: 'grpc' });
    const trustProxy = p.options['trust-proxy'];
    // Who vouches for its users is believed in whatever it says, so nobody but this machine may reach it.
    const address = served.mode === 'trusted' ? '127.0.0.1' : host;
    const grpc = createPublicGrpc({ log, metrics: p.metrics, host: address, port, trustProxy });
    for (const protocol of protocols) protocol.registerGrpc?.(grpc, served);
    await open(grpc.unit, address, port, flag);
  };
  const unit: Unit = {
    async start() {
      const loaded = await load(p);
      const shared = loaded.filter(({ data }) => data.mainPort).map(({ protocol }) => protocol);
      await openGrpc(p.options['grpc-port'], shared, mainPort, '--grpc-port');
      await openHttp(p.http, p.options.port, shared, mainPort, '--port');
      for (const { port, transport, protocol: name, mode, text } of p.options.listen) {
        const flag = `--listen ${text}`;
        const alone = loaded.filter(({ data }) => data.name === name).map(({ protocol }) => protocol);
        if (transport === 'grpc') await openGrpc(port, alone, { own: true, mode }, flag);
        else await openHttp(createHttp(p, port), port, alone, { own: true, mode }, flag);
      }
    },
    async drain() {
      for (const unit of opened) await unit.drain?.();
    },
    async stop() {
      await Promise.all(opened.map((unit) => unit.stop?.()));
    },
  };
  return { unit };
}

/** A public HTTP port, not yet open. */
export function createHttp({ options, log, metrics }: ProgramContext, port: number): HttpServer {
  const { host, 'trust-proxy': trustProxy, 'allowed-origins': allowedOrigins } = options;
  return createHttpServer({ log: log.child({ service: 'http' }), metrics, host, port, trustProxy, allowedOrigins });
}

/** gRPC hands on what the operating system said as text, in the cause. */
function explainPort(error: Error & { code?: string }, host: string, port: number, flag: string): never {
  const said = `${error.code} ${error.cause instanceof Error ? error.cause.message : ''}`;
  if (said.includes('EADDRINUSE')) throw new Error(`port ${port} of ${host} is taken: give another with ${flag}`);
  if (said.includes('EADDRNOTAVAIL'))
    throw new Error(`${host} is no address of this machine: give another with --host`);
  throw error;
}
