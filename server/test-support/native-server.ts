import { Readable } from 'node:stream';
import { type Context, requirePrincipal } from '../src/kernel/context.ts';
import { fail } from '../src/kernel/errors.ts';
import type { AccountId, ConnectionId, ConversationId, SessionId } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import type { Profile } from '../src/model/account.ts';
import type { Draft, Message } from '../src/model/message.ts';
import type { NativeConfig } from '../src/protocols/native/native-deps.ts';
import { protocols } from '../src/protocols/protocols.ts';
import { createCallLimits } from '../src/protocols/shared/limits/call-limits.ts';
import { limitServices, limitSockets } from '../src/protocols/shared/limits/limit-services.ts';
import type { Rates } from '../src/protocols/shared/limits/rates.ts';
import { createProfileReader } from '../src/protocols/shared/profile-reader.ts';
import type { AttachmentStore } from '../src/protocols/shared/store-attachment.ts';
import { createHttpServer } from '../src/runtime/http.ts';
import { createPublicGrpc } from '../src/runtime/public-grpc/create-public-grpc.ts';
import type { Attachment, ChatApi, ConversationView, SendMessages } from '../src/services/chat/api.ts';
import type { IdentityApi } from '../src/services/identity/api.ts';
import type { PeopleApi } from '../src/services/people/api.ts';
import type { Connection, HubApi } from '../src/services/realtime/api.ts';
import { createConversationView } from './conversation-view.ts';

/**
 * Every protocol on a real HTTP port with the smallest services that answer: for the tests of its wiring. What the
 * services really do is for their own tests and for the scenarios.
 */
export const alice = {
  account: '0190aaaa-0000-7000-8000-000000000001' as AccountId,
  session: '0190aaaa-0000-7000-8000-00000000000a' as SessionId,
  username: 'alice',
  admin: true,
};
export const aliceToken = 'token-of-alice';
export const aliceCookie = 'cookie-of-alice';
export const bob = '0190bbbb-0000-7000-8000-000000000002' as AccountId;
export const conversation = '0190cccc-0000-7000-8000-000000000003' as ConversationId;
export const foreign = '0190dddd-0000-7000-8000-000000000004' as ConversationId;
const at = '2026-01-31T12:00:00.000Z';

/** Methods not given answer with a failure that names them, so that a test never passes on an answer nobody gave. */
function partial<T extends object>(name: string, given: Partial<T>): T {
  return new Proxy(given as T, {
    get: (target, key) =>
      Reflect.get(target, key) ?? (() => Promise.reject(new Error(`${name}.${String(key)} is not faked`))),
  });
}

const profiles: Record<string, Profile> = {
  [alice.account]: {
    id: alice.account,
    username: 'alice',
    name: 'Alice "A"',
    about: null,
    avatar: null,
    version: 1,
    deleted: false,
  },
  [bob]: { id: bob, username: 'bob', name: 'Bob', about: null, avatar: null, version: 1, deleted: false },
};

const account = {
  id: alice.account,
  kind: 'person',
  username: 'alice',
  name: 'Alice',
  email: null,
  emailVerified: false,
  phone: null,
  admin: true,
  suspended: false,
  createdAt: at,
} as const;

const signedIn = { account, session: alice.session, tokens: { access: aliceToken, refresh: 'r', expiresIn: 600 } };

function createIdentity(): IdentityApi {
  const verified = { principal: alice, expiresAt: Date.now() + 600_000 };
  return partial<IdentityApi>('identity', {
    signUp: async () => signedIn,
    signIn: async (_ctx, { password }) => {
      if (password !== 'correct horse') throw fail('credentials.wrong');
      return signedIn;
    },
    refresh: async () => signedIn.tokens,
    createAccounts: async (_ctx, accounts) => accounts.map(() => ({ account })),
    listSessions: async () => [
      { id: alice.session, device: null, address: '127.0.0.1', createdAt: at, lastSeenAt: at, current: true },
    ],
    revokeSession: async () => {},
    getAccounts: async () => [account],
    verifyAccess: async (_ctx, token) => {
      if (token === 'expired') throw fail('token.expired');
      if (token === 'revoked') throw fail('session.revoked');
      if (token === 'other') return { ...verified, principal: { ...alice, session: bob as unknown as SessionId } };
      if (token !== aliceToken) throw fail('token.invalid');
      return verified;
    },
    resolveCookie: async (_ctx, cookie) => {
      if (cookie !== aliceCookie) throw fail('token.invalid');
      return verified;
    },
    createCookie: async () => ({ value: aliceCookie, maxAgeSeconds: 60 }),
    jwks: async () => ({ keys: [] }),
  });
}

function createPeople(): PeopleApi {
  return partial<PeopleApi>('people', {
    getProfiles: async (_ctx, ids) => ids.flatMap((id) => profiles[id] ?? []),
    resolveUsernames: async (_ctx, names) => new Map(names.flatMap((name) => (name === 'bob' ? [[name, bob]] : []))),
    getOwn: async () => ({ ...(profiles[alice.account] as Profile), settings: '{"theme": "dark"}' }),
    updateOwn: async () => ({ ...(profiles[alice.account] as Profile), settings: '{}' }),
    search: async () => ({ items: Object.values(profiles), next: null }),
    listContacts: async () => [],
    setContact: async () => {},
  });
}

const stay = {
  conversation,
  user: bob,
  role: 'member',
  joinedSeq: 0,
  joinedRev: 1,
  leftSeq: null,
  leftRev: null,
  rev: 1,
  joinedAt: at,
} as const;

export interface FakeChat extends ChatApi, SendMessages {
  /** The sizes of the calls of `append`. */
  readonly calls: number[];
  readonly stored: Message[];
  readonly views: ConversationView[];
  /** Of each upload. */
  readonly quota: { bytes: number };
}

function createChat(): FakeChat {
  const stored: Message[] = [];
  const calls: number[] = [];
  const attachments = new Map<string, Attachment>();
  const quota = { bytes: 1_000_000 };
  const toMessage = (draft: Draft): Message => ({
    ...draft,
    seq: stored.length + 1,
    rev: stored.length + 1,
    createdAt: at,
    editedAt: null,
    deletedAt: null,
    reactions: '{}',
    pinned: false,
  });
  const view = (): ConversationView =>
    createConversationView({
      id: conversation,
      createdAt: at,
      lastSeq: stored.length,
      lastRev: stored.length,
      lastMessage: stored.at(-1) ?? null,
      peer: bob,
    });
  const known = (id: ConversationId) => {
    if (id !== conversation) throw fail('conversation.unknown');
  };
  return Object.assign(
    partial<ChatApi & SendMessages>('chat', {
      append: async (_ctx, drafts) => {
        calls.push(drafts.length);
        return drafts.map((draft) => {
          if (draft.conversation !== conversation) return { code: 'conversation.forbidden' as const };
          const earlier = stored.find((message) => message.id === draft.id);
          const message = earlier ?? toMessage(draft);
          if (!earlier) stored.push(message);
          const { seq, rev, createdAt } = message;
          return { seq: seq as number, rev: rev as number, createdAt, repeated: earlier !== undefined };
        });
      },
      sendEphemeral: async () => ({ createdAt: at }),
      createConversation: async () => ({ conversation: view(), created: true }),
      listConversations: async () => ({ items: [view()], cursors: ['more'], next: 'more' }),
      getConversation: async (_ctx, id) => {
        known(id);
        return view();
      },
      listMembers: async () => ({ items: [stay], next: null }),
      listMembersOf: async (_ctx, requests) => requests.map(() => ({ items: [stay], next: null })),
      listReceipts: async () => [{ conversation, user: bob, delivered: 2, read: 1 }],
      putMember: async () => ({ member: stay, created: false }),
      history: async (_ctx, id) => {
        known(id);
        return { items: stored, epoch: 'e', lastSeq: stored.length, lastRev: stored.length };
      },
      changes: async (_ctx, id) => {
        known(id);
        return { conversation, items: stored, seq: 1, rev: 1, epoch: 'e', continuity: 'kept' };
      },
      editMessage: async (_ctx, _id, seq, content, mentions) => {
        const before = stored[seq - 1] as Message;
        return { ...before, content, mentions: mentions ?? before.mentions, editedAt: at };
      },
      setReaction: async () => {},
      putReceipt: async (_ctx, id) => known(id),
      setTyping: async (_ctx, id) => known(id),
      search: async () => ({ items: stored.map((message) => ({ message, excerpt: '"found"' })), next: null }),
      reserveAttachment: async (_ctx, { size }) => {
        if (size > quota.bytes) throw fail('request.too_large', 'over the quota');
      },
      getAttachmentUsage: async () => ({ usedBytes: 0, quotaBytes: quota.bytes }),
      deleteAttachment: async (_ctx, id) => {
        if (!attachments.delete(id)) throw fail('attachment.unknown');
      },
      forgetAttachments: async () => {},
      createAttachment: async (ctx, given) => {
        if (given.name === 'refused') throw fail('service.unavailable');
        const whole = { ...given, owner: requirePrincipal(ctx).account, createdAt: at };
        attachments.set(given.id, whole);
        return whole;
      },
      getAttachment: async (_ctx, id) => {
        const found = attachments.get(id);
        if (!found) throw fail('attachment.unknown');
        return found;
      },
    }),
    { calls, stored, views: [view()], quota },
  );
}

export interface FakeHub extends HubApi {
  readonly opened: (Connection & { readonly renewed: number[]; gone: boolean })[];
  /** What the last one opened listens to. */
  only(): readonly string[] | null;
  readonly resumes: { ref: unknown; positions: ReadonlyMap<string, unknown> | null }[];
}

function createHub(): FakeHub {
  const opened: FakeHub['opened'] = [];
  const resumes: FakeHub['resumes'] = [];
  let listening: ReadonlySet<string> | undefined;
  return {
    opened,
    only: () => (listening ? [...listening] : null),
    resumes,
    heartbeatMs: 25_000,
    get connectionCount() {
      return opened.length;
    },
    open: async (_ctx: Context, { principal, outlet, greet, only }) => {
      listening = only;
      const connection = {
        id: `0190eeee-0000-7000-8000-${String(opened.length).padStart(12, '0')}` as ConnectionId,
        principal,
        renewed: [] as number[],
        gone: false,
        send: (frame: Buffer) => outlet.write(frame),
        resume: async (ref: unknown, positions: ReadonlyMap<string, unknown> | null) => {
          resumes.push({ ref, positions });
        },
        watchPresence: () => {},
        heard: () => {},
        renew: (expiresAt: number) => {
          connection.renewed.push(expiresAt);
        },
        closed: () => {
          connection.gone = true;
        },
      };
      opened.push(connection);
      const greeting = greet(connection);
      if (greeting) outlet.write(greeting);
      return connection;
    },
  };
}

function createAttachments(): AttachmentStore & {
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** Of every `put` that was begun. */
  readonly puts: string[];
} {
  const blobs = new Map<string, Buffer>();
  const puts: string[] = [];
  return {
    blobs,
    puts,
    put: async (id, bytes) => {
      puts.push(id);
      const chunks: Buffer[] = [];
      for await (const chunk of bytes) chunks.push(chunk as Buffer);
      blobs.set(id, Buffer.concat(chunks));
      return { size: (blobs.get(id) as Buffer).length };
    },
    get: async (id, range) => {
      const bytes = blobs.get(id);
      if (!bytes) return null;
      return {
        size: bytes.length,
        stream: Readable.from([range ? bytes.subarray(range.first, range.last + 1) : bytes]),
      };
    },
    delete: async (id) => {
      blobs.delete(id);
    },
  };
}

/** Listens on a free port; `close` ends everything. */
export async function startNativeServer(
  config: Partial<NativeConfig> & { readonly rates?: Partial<Rates> } = {},
  webRoot: string | null = null,
  serve: {
    readonly http?: boolean;
    readonly sockets?: boolean;
    readonly grpc?: boolean;
    /** Instead of the smallest, which knows the tokens by name. */
    readonly identity?: IdentityApi;
  } = { http: true, sockets: true },
) {
  const http = createHttpServer({ log: silentLog, host: '127.0.0.1', port: 0 });
  const grpc = serve.grpc ? createPublicGrpc({ log: silentLog, host: '127.0.0.1', port: 0 }) : null;
  const chat = createChat();
  const hub = createHub();
  const attachments = createAttachments();
  const { rates, ...rest } = config;
  const limits = createCallLimits(rates);
  const people = createPeople();
  const presence = { presenceOf: async () => new Map([[bob, { online: true, lastSeen: null }]]) };
  const status = () =>
    ({ status: 'ok', version: '1.2.3', uptimeSeconds: 1, services: { chat: { status: 'ok', instances: 1 } } }) as const;
  const sockets = { hub, presence, status, notifyPreferencesOf: async () => [], ownMemberships: async () => [stay] };
  const deps = {
    ...limitServices({ identity: serve.identity ?? createIdentity(), people, chat }, limits),
    beginFrame: limits.beginFrame,
    profiles: createProfileReader({ people, log: silentLog }),
    http: serve.http ? { presence, attachments, status, webRoot } : null,
    sockets: serve.sockets ? limitSockets(sockets, limits) : null,
    config: rest,
    log: silentLog,
    metrics: noMetrics,
  };
  const port = { own: false, mode: null };
  for (const data of protocols) {
    if (!data.mainPort) continue;
    const protocol = await data.load(deps);
    if (serve.http) await protocol.registerHttp(http, port);
    if (serve.sockets) protocol.registerSockets(http, port);
    if (grpc) protocol.registerGrpc?.(grpc, port);
  }
  await http.unit.start?.();
  await grpc?.unit.start();
  const url = `http://127.0.0.1:${http.port}`;
  return {
    app: http.app,
    chat,
    hub,
    blobs: attachments.blobs,
    puts: attachments.puts,
    url,
    socketUrl: `ws://127.0.0.1:${http.port}/realtime`,
    grpcAddress: `127.0.0.1:${grpc?.port}`,
    /** As alice, by Bearer, unless the headers say otherwise. */
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${aliceToken}`, ...init.headers } }),
    close: async () => {
      await grpc?.unit.stop();
      await http.unit.stop?.();
    },
  };
}

export type NativeServer = Awaited<ReturnType<typeof startNativeServer>>;
