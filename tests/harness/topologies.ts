import { afterAll, beforeAll, describe } from 'vitest';
import { type ServerOptions, startServer, type TestServer } from './server.ts';

/**
 * The shapes in which the same scenarios run (DESIGN section 8). A scenario gets a running system and knows nothing of its
 * shape; `split`, every service a process of its own, joins this list together with the engines it needs.
 */
const topologies: Readonly<Record<string, (options: ServerOptions) => Promise<TestServer>>> = {
  'all-in-one': startServer,
};

/** Describes scenarios once per topology; `server()` is the system they share. */
export function inEveryTopology(
  name: string,
  define: (server: () => TestServer) => void,
  options: ServerOptions = {},
): void {
  for (const [topology, start] of Object.entries(topologies)) {
    describe(`${name} (${topology})`, () => {
      let server: TestServer;
      beforeAll(async () => {
        server = await start(options);
      });
      afterAll(() => server?.stop());
      define(() => server);
    });
  }
}
