import type { Readable } from 'node:stream';
import type { AttachmentId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { ChatApi } from '../../services/chat/api.ts';
import type { IdentityApi } from '../../services/identity/api.ts';
import type { PeopleApi } from '../../services/people/api.ts';
import type { HubApi, PresenceApi } from '../../services/realtime/api.ts';
import type { ProfileReader } from '../shared/profile-reader.ts';
import type { Rate, RateLimit } from '../shared/rate-limit.ts';

/** Where the bytes of attachments are kept; what they are and who may read them is for chat to say. */
export interface AttachmentStore {
  /** All or nothing; rejects with what the stream fails with, `storage.full` among others. */
  put(id: AttachmentId, bytes: Readable, limits: { readonly maxBytes: number }): Promise<{ readonly size: number }>;
  get(id: AttachmentId): Promise<{ readonly size: number; readonly stream: Readable } | null>;
  delete(id: AttachmentId): Promise<void>;
}

/** What `GET /status` says. */
export interface ServiceStatus {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly services: Readonly<
    Record<
      string,
      { readonly status: 'ok' | 'degraded' | 'down'; readonly instances: number; readonly detail?: string }
    >
  >;
}

export interface NativeConfig {
  /** Origins besides our own whose pages may use the session cookie. */
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** Sends per account, over REST and sockets together. */
  readonly sends: Rate;
  /** Other frames per account: receipts, typing, presence, resume. */
  readonly frames: Rate;
  /** Sign-ups, sign-ins, recoveries per address. */
  readonly signIns: Rate;
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
  sends: { perSecond: 200, burst: 1_000 },
  frames: { perSecond: 100, burst: 500 },
  signIns: { perSecond: 20, burst: 200 },
  sendsInFlight: 1_000,
  attachmentBytes: 25 * 1024 * 1024,
  authTimeoutMs: 10_000,
  unauthenticatedSockets: 2_000,
};

/** What both halves use. */
interface NativeCommon {
  /** Need not run in this process; `verifyAccess` and `resolveCookie` are asked for every request and socket. */
  readonly identity: IdentityApi;
  readonly people: PeopleApi;
  readonly chat: ChatApi;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What REST, the documents and the web application use beyond that. */
export interface NativeHttpDeps {
  readonly presence: PresenceApi;
  readonly attachments: AttachmentStore;
  readonly status: () => ServiceStatus | Promise<ServiceStatus>;
  /** Folder of the built web application; null: this port serves none. */
  readonly webRoot: string | null;
}

/** What sockets use beyond that. */
export interface NativeSocketDeps {
  readonly hub: HubApi;
}

export interface NativeDeps extends NativeCommon {
  /** What is left out keeps its default. */
  readonly config?: Partial<NativeConfig>;
  /** null: HTTP is served by other processes. */
  readonly http: NativeHttpDeps | null;
  /** null: sockets are served by other processes. */
  readonly sockets: NativeSocketDeps | null;
}

/** What the route files are handed. */
export interface RestDeps extends NativeCommon, NativeHttpDeps {
  readonly profiles: ProfileReader;
  readonly config: NativeConfig;
  readonly sends: RateLimit;
  readonly signIns: RateLimit;
}

/** What the socket's files are handed. */
export interface RealtimeSocketDeps extends NativeCommon, NativeSocketDeps {
  readonly profiles: ProfileReader;
  readonly config: NativeConfig;
  readonly sends: RateLimit;
  readonly frames: RateLimit;
}
