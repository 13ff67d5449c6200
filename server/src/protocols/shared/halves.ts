import type { Context } from '../../kernel/context.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { Membership } from '../../model/conversation.ts';
import type { ChatApi, NotifyPreference, SendMessages } from '../../services/chat/api.ts';
import type { IdentityApi } from '../../services/identity/api.ts';
import type { PeopleApi } from '../../services/people/api.ts';
import type { HubApi, PresenceApi } from '../../services/realtime/api.ts';
import type { BeginFrame } from './limits/call-limits.ts';
import type { ProfileReader } from './profile-reader.ts';
import type { AttachmentStore } from './store-attachment.ts';

/** What every protocol is given, in both its halves. The services count their calls by the context they are called with. */
export interface ProtocolServices {
  /** Need not run in this process; `verifyAccess` and `resolveCookie` are asked for every request and socket. */
  readonly identity: IdentityApi;
  readonly people: PeopleApi;
  /** What people may do, and that they send: what else chat does for whoever is named is not for protocols. */
  readonly chat: ChatApi & SendMessages;
  /** Names beside what was asked for, which are no call of the caller's own. */
  readonly profiles: ProfileReader;
  /** How each frame of an open socket begins that is no message; those count as what they send. */
  readonly beginFrame: BeginFrame;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What is given beyond that where requests are served. */
export interface HttpHalf {
  readonly presence: PresenceApi;
  readonly attachments: AttachmentStore;
  readonly status: () => ServiceStatus | Promise<ServiceStatus>;
  /** Folder of the built web application; null: this port serves none. */
  readonly webRoot: string | null;
}

/** What is given beyond that where sockets are served. */
export interface SocketHalf {
  readonly hub: HubApi;
  readonly presence: PresenceApi;
  readonly status: () => ServiceStatus | Promise<ServiceStatus>;
  /** Where these want to be alerted of less than everything: of those who follow their notifications here. */
  notifyPreferencesOf(users: readonly AccountId[]): Promise<readonly NotifyPreference[]>;
  /** The caller's present memberships, as chat knows them: the hub learns of a new one a moment later. */
  ownMemberships(ctx: Context): Promise<readonly Membership[]>;
}

/** What anybody may know of the running services. */
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
