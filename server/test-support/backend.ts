import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';

/** A small server that stands for a gateway or a realtime behind a balancer. */
export interface Backend {
  readonly address: string;
  /** What was asked of it, as `GET /path`. */
  readonly requests: readonly string[];
  /** Connections taken so far. */
  readonly connections: number;
  /** Refuses connections and resets those that are open, as the end of a process does. */
  kill(): Promise<void>;
  /** Takes sockets from now on and says nothing to them, as a process that stands still does. */
  hush(): void;
  /** Listens again at the same address. */
  start(): Promise<void>;
}

/**
 * Answers requests with its name and what it was asked (JSON) unless `answer` takes over, and sockets with its name followed by an
 * echo of everything.
 */
export async function startBackend(
  name: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Backend> {
  const requests: string[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let silent = false;
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    if (answer(request, response)) return;
    const told = { name, method: request.method, url: request.url, headers: request.headers };
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told)));
  });
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    requests.push(`UPGRADE ${request.url}`);
    if (silent) return;
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {});
      client.on('message', (data) => client.send(data.toString()));
      client.send(name);
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    async kill() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.resetAndDestroy();
      await closed;
    },
    hush() {
      silent = true;
    },
    start: () => listen(port),
  };
}
