import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux hands out to outgoing connections: a port that is free now must still be free after a restart. */
const first = 20_000;
const last = 30_000;

/** Gives ports that nothing listens on, each once, beginning anywhere so that two clusters hardly meet. */
export function createFreePorts(host: string): () => Promise<number> {
  let next = first + Math.floor(Math.random() * (last - first));
  return async () => {
    for (let tries = 0; tries < last - first; tries++) {
      const port = next;
      next = next >= last ? first : next + 1;
      if (await isFree(host, port)) return port;
    }
    throw new Error(`no port of ${host} from ${first} to ${last} is free`);
  };
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
