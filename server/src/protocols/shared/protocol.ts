import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { GrpcHost } from '../../runtime/public-grpc/public-grpc.ts';

/** The HTTP server as a protocol sees it. */
export interface HttpHost {
  readonly app: FastifyInstance;
  /**
   * The handler takes the socket over, or throws a Failure before it has touched it; with a promise it has until that is settled. One
   * handler per path.
   */
  onUpgrade(path: string, handler: (request: IncomingMessage, socket: Socket, head: Buffer) => unknown): void;
}

/**
 * One public protocol family: a folder beside this one, which translates and nothing else. Its halves may be served by different
 * processes, or both on one port; each is added once per port, before the port listens.
 */
export interface Protocol {
  readonly name: string;
  /** Requests and answers: needs no hub. */
  registerHttp(host: HttpHost): Promise<void>;
  /** What is upgraded: beside the hub. */
  registerSockets(host: HttpHost): void;
  /** Its gRPC services, where it has any; served where its HTTP is. */
  registerGrpc?(host: GrpcHost): void;
}
