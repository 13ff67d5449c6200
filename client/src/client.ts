import { createApi } from './api.ts';
import type { Client, ClientOptions } from './client-types.ts';
import { systemClock } from './clock.ts';
import { type Connection, createConnection, type Refusal, type SocketConstructor } from './connection.ts';
import { applyReceipt } from './conversation-state.ts';
import { createConversations } from './conversations.ts';
import { createEmitter } from './emitter.ts';
import { ParleyError } from './errors.ts';
import type { ClientEvents, ClientState } from './events.ts';
import { createHistoryLoader } from './history-loader.ts';
import { createHttp } from './http.ts';
import { createMemoryStore } from './key-value-store.ts';
import { createLearningApi } from './learning-api.ts';
import { createReceiptQueue } from './receipts.ts';
import { createReceiveFrame } from './receive-frame.ts';
import { createSending } from './sending.ts';
import { createSession } from './session.ts';
import { shownUsers } from './show-user.ts';
import { createSynchronize } from './synchronize.ts';
import type { Account, Presence, Receipt } from './types.ts';
import { createTypingSender } from './typing-sender.ts';
import { createUsers } from './users.ts';
import { watchNetwork } from './watch-network.ts';

/** A send that has no answer after this long: the connection is not to be trusted. */
const answerMs = 30_000;

/** What one request may name. */
const usersAtOnce = 100;

/** Puts the parts of a client together; each of them is told here whom it speaks to, and knows no other way. */
export function createClient(options: ClientOptions): Client {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const store = options.storage ?? createMemoryStore();
  const events = createEmitter<ClientEvents>();
  const presence = new Map<string, Presence>();
  const acknowledge = options.acknowledge ?? true;
  const me = () => session.account?.id ?? '';
  let watched: readonly string[] = [];
  let ref = 1_000_000_000; // apart from the outbox's own refs, which count from 1
  let state: ClientState = 'signedOut';
  let refusal: Refusal | null = null;
  let stopWatching = () => {};

  const session = createSession({
    http: createHttp(options.url, options.fetch ?? globalThis.fetch.bind(globalThis), clock),
    store,
    clock,
    random,
    mode: options.credentials ?? 'tokens',
    patienceMs: options.patienceMs ?? 20_000, // what a restart of the server takes is well below
    onEnd: forget,
  });
  const users = createUsers((profile) => {
    if (profile.id === me()) session.rename(profile.name);
    conversations.show(profile);
    events.emit('user', profile);
  });
  const api = createLearningApi(createApi(session), users);
  const conversations = createConversations({
    api,
    users,
    keepMessages: options.keepMessages ?? 2_000,
    onUpdate: (ids) => events.emit('update', { conversations: ids }),
    onStale: (id) => synchronize.count(id),
  });
  const sending = createSending({
    clock,
    random,
    store,
    window: options.window ?? 32,
    maxDrafts: options.maxDrafts ?? 1_000,
    events,
    conversations,
    users,
    connection: () => connection,
  });
  const send: Connection['send'] = (frame) => connection.send(frame);
  const nextRef = () => ref++;
  const receipts = createReceiptQueue({ clock, random, nextRef, send });
  const typing = createTypingSender({ clock, send });
  const loadOlder = createHistoryLoader({ api, conversations, users });
  const synchronize = createSynchronize({
    conversations,
    clock,
    random,
    me,
    send,
    nextRef,
    onMessage: (message) => events.emit('message', message),
    onSynced() {
      if (acknowledge) acknowledgeAll();
      events.emit('synced', undefined);
    },
    readUsers,
    onGap: (conversation, reason) => events.emit('gap', { conversation, reason }),
  });
  const receive = createReceiveFrame({
    clock,
    events,
    conversations,
    users,
    synchronize,
    receipts,
    presence,
    outbox: () => sending.outbox,
    me,
    acknowledge,
  });
  const connection = createConnection({
    url: socketUrl(options.url),
    WebSocket: options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor),
    clock,
    random,
    access: () => session.access(),
    accessEndsAt: () => session.accessEndsAt,
    renew: () => session.renew(),
    onState: tellState,
    onReady(frame) {
      // The cookie is every page's of this browser: another one may have signed in as somebody else.
      if (frame.user.id !== me()) return session.end();
      synchronize.start();
      if (watched.length > 0) send({ op: 'presence', ref: nextRef(), watch: [...watched] });
      receipts.flush();
      sending.outbox?.online();
    },
    onFrame(frame) {
      if (frame.op === 'pong' && (sending.outbox?.oldestMs() ?? 0) > answerMs) connection.drop('no answer');
      else receive(frame);
    },
    onLost() {
      synchronize.stop();
      sending.outbox?.offline();
      receipts.offline();
      typing.clear();
    },
    onRefused(code, why) {
      if (code === 4501) return session.end();
      refusal = why;
      tellState();
    },
  });

  function tellState(): void {
    if (connection.state !== 'offline' || !session.account) refusal = null;
    const reached = refusal ? 'refused' : connection.state;
    const next = session.account ? reached : 'signedOut';
    if (next === state) return;
    state = next;
    events.emit('state', state);
  }

  /** The session has ended: nothing of it stays in memory. Drafts stay in the store for the account's return. */
  function forget(): void {
    connection.close();
    stopWatching();
    sending.end();
    conversations.clear();
    receipts.clear();
    presence.clear();
    users.clear();
    watched = [];
    tellState();
  }

  /** Whoever was signed in before is not any more. */
  async function enter(by: () => Promise<Account | null>): Promise<Account | null> {
    session.end();
    const account = await by();
    if (account) sending.begin(account);
    tellState();
    return account;
  }

  /** Who was renamed or has ended while we were away is told by no frame. What is shown nowhere any more is forgotten. */
  async function readUsers(): Promise<void> {
    const ids = [...shownUsers(conversations.all()).add(me())];
    users.keep(new Set(ids));
    for (let at = 0; at < ids.length; at += usersAtOnce) await api.getUsers(ids.slice(at, at + usersAtOnce));
  }

  /** What came while we were away has now been received. */
  function acknowledgeAll(): void {
    for (const { summary } of conversations.all()) {
      if (summary.unread > 0 && summary.delivered < summary.lastSeq) {
        receipts.add(summary.id, { delivered: summary.lastSeq });
      }
    }
  }

  function applyMarks(id: string, marks: readonly Receipt[]): void {
    const before = conversations.get(id);
    if (!before) return;
    conversations.set(
      id,
      marks.reduce((next, mark) => applyReceipt(next, mark, me()), before),
    );
  }

  return {
    api,
    on: events.on,
    get state() {
      return state;
    },
    get refusal() {
      return refusal;
    },
    get account() {
      return session.account;
    },
    get leaving() {
      return session.leaving;
    },
    get listed() {
      return conversations.listed;
    },
    signUp: async (body) => (await enter(() => session.signUp(body))) as Account,
    signIn: async (body) => (await enter(() => session.signIn(body))) as Account,
    signOut: () => session.signOut(),
    restore: (given) => enter(() => session.restore(given)),
    connect() {
      if (!session.account) throw new ParleyError('session.missing', 'Sign in first.');
      stopWatching();
      stopWatching = watchNetwork({ onUp: connection.wake, onDown: () => connection.drop('offline') });
      connection.open();
    },
    close() {
      stopWatching();
      refusal = null;
      connection.close();
      tellState();
    },
    conversations: () => conversations.all(),
    conversation: (id) => conversations.get(id),
    async fetchConversation(id) {
      const known = conversations.get(id);
      if (known) return known;
      const read = await conversations.refresh(id);
      if (read) synchronize.level(id);
      return read;
    },
    drafts: (conversation) => sending.outbox?.drafts(conversation) ?? [],
    send(conversation, content, sendOptions = {}) {
      typing.forget(conversation);
      return sending.send(conversation, content, sendOptions);
    },
    retry: (conversation, id) => sending.outbox?.retry(conversation, id),
    discard: (conversation, id) => sending.outbox?.discard(conversation, id),
    loadOlder: (conversation, limit = 50) => loadOlder(conversation, limit),
    async loadReceipts(id) {
      applyMarks(id, (await api.listReceipts(id)).items);
    },
    markRead(id, seq) {
      const known = conversations.get(id);
      if (!known || !session.account || seq <= known.summary.read) return;
      applyMarks(id, [{ user: session.account.id, delivered: seq, read: seq }]);
      receipts.add(id, { delivered: seq, read: seq });
    },
    setTyping: (conversation, on) => typing.set(conversation, on),
    watchPresence(users) {
      watched = users.slice(0, 500);
      send({ op: 'presence', ref: nextRef(), watch: [...watched] });
    },
    presence: (user) => presence.get(user),
    user: users.get,
  };
}

function socketUrl(url: string): string {
  const target = new URL('/realtime', url);
  target.protocol = target.protocol === 'https:' ? 'wss:' : 'ws:';
  return target.href;
}
