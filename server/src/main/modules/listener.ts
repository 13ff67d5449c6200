import type { Unit } from '../../kernel/lifecycle.ts';
import type { Protocol } from '../../protocols/shared/protocol.ts';
import { createHttpServer, type HttpServer } from '../../runtime/http.ts';
import type { ProgramContext } from '../program-context.ts';
import { createProtocols } from './protocols.ts';

/** Opens the public ports, when everything behind them runs, for the halves of the protocols that this process serves. */
export function initListener(p: ProgramContext): Unit {
  const opened: Unit[] = [];
  const open = async (unit: Unit, port: number, flag: string): Promise<void> => {
    opened.unshift(unit);
    await unit.start?.().catch((error) => explainPort(error, p.options.host, port, flag));
  };
  return {
    async start() {
      const protocols = await createProtocols(p);
      for (const { port, protocol, text } of p.options.listen) {
        const http = createHttp(p, port);
        await register(
          p,
          http,
          protocols.filter(({ name }) => name === protocol),
        );
        await open(http.unit, port, `--listen ${text}`);
      }
      await register(p, p.http, protocols);
      await open(p.http.unit, p.options.port, '--port');
      p.httpPort = p.http.port;
    },
    async drain() {
      for (const unit of opened) await unit.drain?.();
    },
    async stop() {
      await Promise.all(opened.map((unit) => unit.stop?.()));
    },
  };
}

/** A public HTTP port, not yet open. */
export function createHttp({ options, log, metrics }: ProgramContext, port: number): HttpServer {
  const { host, 'trust-proxy': trustProxy } = options;
  return createHttpServer({ log: log.child({ service: 'http' }), metrics, host, port, trustProxy });
}

async function register(p: ProgramContext, http: HttpServer, protocols: readonly Protocol[]): Promise<void> {
  for (const protocol of protocols) {
    if (p.halves.http) await protocol.registerHttp(http);
    if (p.halves.sockets) protocol.registerSockets(http);
  }
}

function explainPort(error: NodeJS.ErrnoException, host: string, port: number, flag: string): never {
  if (error.code === 'EADDRINUSE') throw new Error(`port ${port} of ${host} is taken: give another with ${flag}`);
  if (error.code === 'EADDRNOTAVAIL')
    throw new Error(`${host} is no address of this machine: give another with --host`);
  throw error;
}
