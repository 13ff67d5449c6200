import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy between client and server that can do to connections what networks do. */
export interface NetworkProxy {
  readonly url: string;
  /** Connections that are open now. */
  readonly open: number;
  /** Ends every connection with a reset; new ones are taken. */
  cut(): void;
  /** Nothing passes in either direction, nothing is lost; new connections wait too. */
  stall(): void;
  flow(): void;
  /** What passes through the connections of now disappears, their ends hear nothing of it; new ones work. */
  swallow(): void;
  /** New connections are ended at once, until `accept`. */
  refuse(): void;
  accept(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  swallowed: boolean;
}

/** `target` is asked for each connection, because a restarted server may have moved. */
export async function startProxy(target: () => string): Promise<NetworkProxy> {
  const pairs = new Set<Pair>();
  let refusing = false;
  let stalled = false;

  const listener = createServer((client) => {
    client.on('error', () => client.destroy());
    if (refusing) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(target());
    const pair: Pair = { client, server: connect(Number(port), hostname), swallowed: false };
    pairs.add(pair);
    join(pair, client, pair.server);
    join(pair, pair.server, client);
    if (stalled) pause(pair);
  });

  function join(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('error', () => from.destroy());
    from.on('data', (data) => {
      if (pair.swallowed || to.destroyed || to.write(data)) return;
      from.pause();
      to.once('drain', () => !stalled && from.resume());
    });
    from.on('close', () => {
      pairs.delete(pair);
      if (!pair.swallowed) to.destroy();
    });
  }

  function pause({ client, server }: Pair): void {
    client.pause();
    server.pause();
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const each = (act: (pair: Pair) => void) => {
    for (const pair of [...pairs]) act(pair);
  };
  const cut = () =>
    each(({ client, server }) => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    });

  return {
    url: `http://127.0.0.1:${port}`,
    get open() {
      return pairs.size;
    },
    cut,
    stall() {
      stalled = true;
      each(pause);
    },
    flow() {
      stalled = false;
      each(({ client, server }) => {
        client.resume();
        server.resume();
      });
    },
    swallow: () =>
      each((pair) => {
        pair.swallowed = true;
      }),
    refuse() {
      refusing = true;
    },
    accept() {
      refusing = false;
    },
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
