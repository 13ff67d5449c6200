import type { Client as SseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Context, requirePrincipal } from '../src/kernel/context.ts';
import { fail } from '../src/kernel/errors.ts';
import type { AccountId, ConversationId, SessionId } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import type { GraphqlConfig } from '../src/protocols/graphql/graphql-deps.ts';
import { protocols } from '../src/protocols/protocols.ts';
import { createCallLimits } from '../src/protocols/shared/limits/call-limits.ts';
import { limitServices, limitSockets } from '../src/protocols/shared/limits/limit-services.ts';
import type { Rates } from '../src/protocols/shared/limits/rates.ts';
import { createProfileReader } from '../src/protocols/shared/profile-reader.ts';
import { createHttpServer } from '../src/runtime/http.ts';
import type { ChatApi, NotifyPreference, SendMessages } from '../src/services/chat/api.ts';
import type { IdentityApi } from '../src/services/identity/api.ts';
import type { PeopleApi } from '../src/services/people/api.ts';
import type { RealtimeConfig } from '../src/services/realtime/config.ts';
import { TestHub } from './realtime/test-hub.ts';

export const ann = '0190aaaa-0000-7000-8000-000000000001' as AccountId;
export const bob = '0190bbbb-0000-7000-8000-000000000002' as AccountId;
export const one = '0190cccc-0000-7000-8000-000000000003' as ConversationId;
export const two = '0190dddd-0000-7000-8000-000000000004' as ConversationId;

/** A GraphQL result of a subscription, with what it holds of the one field. */
export interface Result<Event = Record<string, unknown>> {
  readonly data?: Readonly<Record<string, Event>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** What a subscription has yielded so far, and how it ended. */
export interface Feed {
  readonly results: Result[];
  /** The field's value in each result. */
  events(): Record<string, unknown>[];
  ended: 'completed' | unknown | null;
  stop(): void;
}

/**
 * The sockets of every protocol on a real port over a real hub, which reads a model of chat and whose clock the test turns. The tokens
 * are `ann` and `bob`, good for an hour of that clock.
 */
export async function startProtocolHub(
  config: Partial<GraphqlConfig> & { readonly rates?: Partial<Rates>; readonly hub?: Partial<RealtimeConfig> } = {},
) {
  const { rates, hub: hubConfig, ...protocolConfig } = config;
  const hub = await new TestHub(hubConfig).start();
  const http = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0 });
  const verify = async (token: string) => {
    const user = { ann, bob }[token];
    if (token === 'expired') throw fail('token.expired');
    if (!user) throw fail('token.invalid');
    const session = `s-${user}` as SessionId;
    if (hub.revoked.has(session)) throw fail('session.revoked');
    return { principal: { account: user, session, username: token, admin: false }, expiresAt: hub.now + 3_600_000 };
  };
  const preferences: NotifyPreference[] = [];
  /** What happens right after chat has read them. */
  const afterRead = { do: () => {} };
  const identity: Partial<IdentityApi> = {
    verifyAccess: (_ctx, token) => verify(token),
    resolveCookie: (_ctx, cookie) => verify(cookie),
  };
  const people = {} as PeopleApi;
  const chat = {} as ChatApi & SendMessages;
  const limits = createCallLimits(rates);
  const sockets = {
    hub: hub.realtime.hub,
    presence: { presenceOf: async () => new Map() },
    status: () => ({ status: 'ok', version: '1.2.3', uptimeSeconds: 1, services: {} }) as const,
    async notifyPreferencesOf(users: readonly AccountId[]) {
      const found = preferences.filter(({ user }) => users.includes(user));
      afterRead.do();
      return found;
    },
    ownMemberships: (ctx: Context) => hub.chat.api.membershipsOf(ctx, [requirePrincipal(ctx).account]),
  };
  const deps = {
    ...limitServices({ identity: identity as IdentityApi, people, chat }, limits),
    beginFrame: limits.beginFrame,
    profiles: createProfileReader({ people, log: silentLog }),
    log: silentLog,
    metrics: noMetrics,
    config: protocolConfig,
    http: null,
    sockets: limitSockets(sockets, limits),
  };
  for (const data of protocols) {
    if (data.mainPort) (await data.load(deps)).registerSockets(http, { own: false, mode: null });
  }
  await http.unit.start?.();
  const origin = `http://127.0.0.1:${http.port}`;
  const url = `${origin}/graphql`;
  const socketUrl = url.replace('http', 'ws');
  const clients: Client[] = [];
  return {
    hub,
    http: http.app.server,
    /** What chat says of who wants to be alerted of less. */
    preferences,
    afterRead,
    url,
    socketUrl,
    /** Veigo's socket. */
    veigoUrl: `${origin.replace('http', 'ws')}/`,
    /** The client that graphql-ws itself gives; it does not reconnect unless told to. */
    connect(token: string | null, options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
      const client = createClient({
        url: socketUrl,
        webSocketImpl: WebSocket,
        ...(token !== null && { connectionParams: { authorization: `Bearer ${token}` } }),
        retryAttempts: 0,
        ...options,
      });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) await client.dispose();
      await hub.realtime.unit.stop?.();
      await http.unit.stop?.();
    },
  };
}

/** A client of either transport, as its library makes it. */
type Subscriber = Pick<Client, 'subscribe'> | Pick<SseClient, 'subscribe'>;

export function subscribe(client: Subscriber, query: string, variables: Record<string, unknown> = {}): Feed {
  const results: Result[] = [];
  const feed: Feed = {
    results,
    ended: null,
    events: () => results.flatMap(({ data }) => Object.values(data ?? {})),
    stop: () => {},
  };
  feed.stop = client.subscribe(
    { query, variables },
    {
      next: (result) => void results.push(result as Result),
      error: (error) => {
        feed.ended = error;
      },
      complete: () => {
        feed.ended = 'completed';
      },
    },
  );
  return feed;
}

export type ProtocolHub = Awaited<ReturnType<typeof startProtocolHub>>;
