import type { HttpHalf, ProtocolServices, SocketHalf } from '../shared/halves.ts';

export interface NativeConfig {
  /** Origins besides our own whose pages may use the session cookie. */
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Unanswered sends one socket may have. */
  readonly sendsInFlight: number;
  /** Bytes of one attachment. */
  readonly attachmentBytes: number;
  /** Milliseconds an unauthenticated socket has for its `auth` frame. */
  readonly authTimeoutMs: number;
  /** Sockets that may be without a credential at once. */
  readonly unauthenticatedSockets: number;
}

export const nativeDefaults: NativeConfig = {
  allowedOrigins: [],
  trustProxy: false,
  sendsInFlight: 1_000,
  attachmentBytes: 25 * 1024 * 1024,
  authTimeoutMs: 10_000,
  unauthenticatedSockets: 2_000,
};

export interface NativeDeps extends ProtocolServices {
  /** What is left out keeps its default. */
  readonly config?: Partial<NativeConfig>;
  /** null: HTTP is served by other processes. */
  readonly http: HttpHalf | null;
  /** null: sockets are served by other processes. */
  readonly sockets: SocketHalf | null;
}

/** What the route files are handed. */
export interface RestDeps extends ProtocolServices, HttpHalf {
  readonly config: NativeConfig;
}

/** What the socket's files are handed. */
export interface RealtimeSocketDeps extends ProtocolServices, SocketHalf {
  readonly config: NativeConfig;
}
