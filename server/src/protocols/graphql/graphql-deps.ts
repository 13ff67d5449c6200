import type { HttpHalf, ProtocolServices, SocketHalf } from '../shared/halves.ts';

export interface GraphqlConfig {
  /** Origins besides our own whose pages may use the session cookie. */
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Bytes of one attachment. */
  readonly attachmentBytes: number;
  /** Milliseconds a socket has to say who it is. */
  readonly initTimeoutMs: number;
  /** Sockets that may not have done so at once. */
  readonly waitingSockets: number;
  /** Operations that may run on one socket at once, subscriptions among them. */
  readonly operationsPerSocket: number;
}

export const graphqlDefaults: GraphqlConfig = {
  allowedOrigins: [],
  trustProxy: false,
  attachmentBytes: 25 * 1024 * 1024,
  initTimeoutMs: 10_000,
  waitingSockets: 2_000,
  operationsPerSocket: 100,
};

export interface GraphqlDeps extends ProtocolServices {
  /** What is left out keeps its default. */
  readonly config?: Partial<GraphqlConfig>;
  /** null: HTTP is served by other processes. */
  readonly http: HttpHalf | null;
  /** null: sockets are served by other processes. */
  readonly sockets: SocketHalf | null;
}

/** What both halves hand to an operation. */
export interface OperationDeps extends ProtocolServices {
  readonly config: GraphqlConfig;
}
