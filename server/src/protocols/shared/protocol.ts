import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** The HTTP server as a protocol sees it. */
export interface HttpHost {
  readonly app: FastifyInstance;
  /** The handler takes the socket over, or throws a Failure before it has touched it. One handler per path. */
  onUpgrade(path: string, handler: (request: IncomingMessage, socket: Socket, head: Buffer) => void): void;
}

/** One public protocol family: a folder beside this one, which translates and nothing else. */
export interface Protocol {
  readonly name: string;
  /** Adds its routes and upgrades; called once per HTTP port that speaks it, before the port listens. */
  register(host: HttpHost): Promise<void>;
}
