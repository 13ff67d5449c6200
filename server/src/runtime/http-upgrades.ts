import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import createRouter, { type Handler } from 'find-my-way';
import { fail } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { answerAndEnd, fromHttpError, notFoundProblem, pathOf, toProblem } from './http-problem.ts';

/**
 * Takes over the socket, or throws a Failure before it has touched it: the server then answers with that. With a promise it has until
 * that is settled. `params`: the segments of the path at the pattern's parameters, decoded.
 */
export type UpgradeHandler = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  params: Readonly<Record<string, string | undefined>>,
) => unknown;

/** Characters of a path's parameter, in requests too. */
export const maxParamLength = 256;

/** Of one request; what comes beyond is left out of `rawHeaders` by Node. */
const maxHeaders = 1_000;

export interface Upgrades {
  on(pattern: string, handler: UpgradeHandler): void;
  destroyAll(): void;
}

/** Hands WebSocket upgrades to the handler of their path, which is found as the routes of requests are. */
export function createUpgrades(server: Server, log: Log): Upgrades {
  const router = createRouter({ maxParamLength });
  const patterns = new Set<string>();
  // Kept to end what is left at the close: the HTTP server forgets a socket once it is upgraded.
  const open = new Set<Socket>();
  const forget = function (this: Socket) {
    open.delete(this);
  };
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      ignoreUpgrade(server, request, socket, head);
      return;
    }
    const path = pathOf(request.url);
    const found = router.find('GET', path);
    if (!found) {
      answerAndEnd(socket, notFoundProblem('upgrade of', path));
      return;
    }
    open.add(socket);
    socket.once('close', forget);
    const refuse = (thrown: unknown) => {
      const failure = fromHttpError(thrown);
      if (failure.code === 'internal') log.error({ path, err: failure.cause ?? failure }, 'upgrade failed');
      answerAndEnd(socket, toProblem(failure));
    };
    try {
      const { handler } = found.store as { readonly handler: UpgradeHandler };
      const taking = handler(request, socket, head, found.params);
      if (!(taking instanceof Promise)) return;
      // Nobody listens to the socket until it is taken.
      socket.on('error', ignore);
      taking.catch(refuse).finally(() => socket.off('error', ignore));
    } catch (thrown) {
      refuse(thrown);
    }
  });
  return {
    on(pattern, handler) {
      if (patterns.has(pattern)) throw new Error(`Two handlers for upgrades of ${pattern}.`);
      patterns.add(pattern);
      router.on('GET', pattern, ignore as Handler<never>, { handler });
    },
    destroyAll() {
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * Nobody has to understand an Upgrade: then the request is answered as if it had none (RFC 9110 section 7.8). `curl --http2` and Java's
 * client offer h2c with all they send. Node has left HTTP by now, so it is given the same bytes again, without the offer.
 */
function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  if (rawHeaders.length >= 2 * maxHeaders) {
    // One that Node left out may have said where the body ends.
    answerAndEnd(socket, { ...toProblem(fail('request.too_large', 'There are too many headers.')), status: 431 });
    return;
  }
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!/^(upgrade|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function ignore(): void {}
