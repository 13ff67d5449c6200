import type { FastifyInstance } from 'fastify';
import type { UpgradeHandler } from '../../runtime/http-upgrades.ts';
import type { GrpcHost } from '../../runtime/public-grpc/public-grpc.ts';
import type { HttpHalf, ProtocolServices, SocketHalf } from './halves.ts';
import type { OriginRule } from './same-origin.ts';

/**
 * Where a protocol is, said once, in `protocol.ts` of its folder: light data, from which the ports, `--listen`, the balancers' paths and
 * the tests follow. What is registered and what is said here are compared in `protocols.test.ts`.
 */
export interface ProtocolData {
  /** As `--listen` names it; also the name of its folder. */
  readonly name: string;
  /** What it serves on the ports that all protocols share. null: it is served on ports of its own only. */
  readonly mainPort: Surface | null;
  /** On a port that `--listen` gives to it alone: what differs from `mainPort`. Nobody else is there, so no path can be taken. */
  readonly ownPort?: Partial<Surface>;
  /** What may follow its name in `--listen`; empty: nothing. */
  readonly listenModes: readonly ListenMode[];
  /** Loads its code: a process that serves no protocol never does. */
  load(deps: ProtocolDeps): Promise<Protocol>;
}

/**
 * Paths are patterns: `/ws/room/:id` has a parameter, which is one segment, and a `*` at the end stands for whatever follows. What is
 * left out, it has not.
 */
export interface Surface {
  /** Requests, other than those that only refuse at a path of `upgrades` or `streams`. */
  readonly http?: readonly string[];
  /** Where its sockets are opened. `*`: wherever a client opens one. */
  readonly upgrades?: readonly string[];
  /** Where answers have no end: whatever the method, these paths are served beside the hub. */
  readonly streams?: readonly string[];
  /** Full names of its gRPC services: `room.Room`. */
  readonly grpc?: readonly string[];
}

/**
 * `open`: HTTP and sockets that ask for no credential. `trusted`: gRPC whose caller vouches for its users; only this machine reaches it.
 */
export type ListenMode = 'open' | 'trusted';

/** Which port a protocol is registered with. */
export interface ServedPort {
  /** The protocol has it for itself. */
  readonly own: boolean;
  readonly mode: ListenMode | null;
}

/** The HTTP server as a protocol sees it. */
export interface HttpHost {
  readonly app: FastifyInstance;
  /** One handler per pattern; the more particular pattern goes first. */
  onUpgrade(pattern: string, handler: UpgradeHandler): void;
}

/** What a protocol is made from. */
export interface ProtocolDeps extends ProtocolServices {
  /** What is left out keeps the protocol's default. */
  readonly config?: Partial<ProtocolConfig>;
  /** null: HTTP is served by other processes. */
  readonly http: HttpHalf | null;
  /** null: sockets are served by other processes. */
  readonly sockets: SocketHalf | null;
}

/** What is configured for all protocols alike. */
export interface ProtocolConfig {
  /** Origins besides our own whose pages may use the session cookie. */
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Told of pages that may not use it. */
  readonly onRefused?: OriginRule['onRefused'];
  /** Bytes of one attachment. */
  readonly attachmentBytes: number;
}

/**
 * One public protocol family: a folder beside this one, which translates and nothing else. Its halves may be served by different
 * processes, or both on one port; each is added once per port, before the port listens.
 */
export interface Protocol {
  /** Requests and answers: needs no hub. */
  registerHttp(host: HttpHost, port: ServedPort): Promise<void>;
  /** What is upgraded: beside the hub. */
  registerSockets(host: HttpHost, port: ServedPort): void;
  /** Its gRPC services, where it has any; served where its HTTP is. */
  registerGrpc?(host: GrpcHost, port: ServedPort): void;
}
