import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AdminServerDeps {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  ready(): boolean;
  health(): Record<string, { readonly status: string; readonly detail?: string }>;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/**
 * The operator's port: /healthz (the process answers), /readyz (200 from the moment the program serves until it begins to
 * stop, else 503 with what is missing), /metrics (Prometheus). Not for the public.
 */
export async function openAdminServer(
  deps: AdminServerDeps,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const json = (status: number, body: object): void =>
      answer(status, 'application/json', `${JSON.stringify(body)}\n`);
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return json(200, { status: 'ok' });
      case '/readyz': {
        const ready = deps.ready();
        return json(ready ? 200 : 503, { ready, modules: deps.health() });
      }
      case '/metrics':
        deps.metrics().then(
          ({ contentType, text }) => answer(200, contentType, text),
          () => answer(500, 'text/plain', 'the metrics could not be collected\n'),
        );
        return;
      default:
        json(404, { error: 'try /healthz, /readyz or /metrics' });
    }
  });
  await listen(server, deps.port, deps.host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`the admin port ${port} is taken: give another with --admin-port`)
          : error.code === 'EADDRNOTAVAIL'
            ? new Error(`${host} is no address of this machine: give another with --admin-host`)
            : error,
      );
    });
    server.listen(port, host, resolve);
  });
}
