import { createMemoryBus } from '../src/adapters/bus/memory/create-memory-bus.ts';
import { systemClock } from '../src/kernel/clock.ts';
import { type Context, createContext } from '../src/kernel/context.ts';
import type { Failure } from '../src/kernel/errors.ts';
import { type AccountId, type ConversationId, createId, type MessageId, type SessionId } from '../src/kernel/ids.ts';
import { silentLog } from '../src/kernel/log.ts';
import { noMetrics } from '../src/kernel/metrics.ts';
import type { Change } from '../src/model/change.ts';
import { parseContent } from '../src/model/content.ts';
import type { Delivery } from '../src/model/delivery.ts';
import type { Appended, Draft } from '../src/model/message.ts';
import { encodeIncarnation, type Incarnation } from '../src/model/position.ts';
import type { Bus } from '../src/ports/bus.ts';
import type { Decide } from '../src/ports/policy.ts';
import type { Sql } from '../src/ports/sql.ts';
import { createCommitter } from '../src/services/chat/append/committer.ts';
import { loadIncarnation } from '../src/services/chat/load-incarnation.ts';
import { type ChatConfig, createChat } from '../src/services/chat/module.ts';
import type { WholeChatApi } from '../src/services/chat/trusted-api.ts';
import type { PeopleApi } from '../src/services/people/api.ts';
import { openTestDatabase } from './database.ts';

/** The chat service over a real database, with nobody around it: accounts exist when they say so, the router is a list. */
export interface TestChat {
  readonly chat: WholeChatApi;
  readonly sql: Sql;
  readonly url: string;
  readonly bus: Bus;
  /** What was handed to the router. */
  readonly routed: Delivery[];
  /** Set to true: the storage is full. */
  readonly storage: { isFull: boolean };
  readonly incarnation: Incarnation;
  /** The pictures that profiles show. */
  readonly avatars: Map<AccountId, string>;
  /** A fresh account. */
  account(): AccountId;
  as(account: AccountId): Context;
  /** Appends a text and fails when it is refused. */
  send(account: AccountId, conversation: ConversationId, text: string, more?: Partial<Draft>): Promise<Appended>;
  group(owner: AccountId, members: readonly AccountId[], more?: object): Promise<ConversationId>;
  /** Publishes row changes as the relay would, with rising versions, and waits until every group has them. */
  publish(topic: string, table: string, rows: readonly { op?: 'c' | 'u' | 'd' | 'r'; after: object }[]): Promise<void>;
  close(): Promise<void>;
}

export async function openChat(
  config: Partial<ChatConfig> = {},
  /** What the service gets of the database. */
  watch: (sql: Sql) => Sql = (sql) => sql,
  /** Of the service and of its committer. */
  policy: { readonly decide?: Decide } = {},
): Promise<TestChat> {
  const database = await openTestDatabase(['chat']);
  const { sql } = database;
  const accounts = new Set<AccountId>();
  const avatars = new Map<AccountId, string>();
  const routed: Delivery[] = [];
  const storage = { isFull: false };
  const incarnation = await loadIncarnation(sql);
  const shared = {
    sql,
    log: silentLog,
    metrics: noMetrics,
    clock: systemClock,
    storage: { full: () => storage.isFull },
    ...policy,
  };
  const bus = createMemoryBus(shared);
  const people = {
    getProfiles: async (_ctx: Context, ids: readonly AccountId[]) =>
      ids
        .filter((id) => accounts.has(id))
        .map((id) => ({ id, username: id, name: id, about: null, avatar: avatars.get(id) ?? null })),
  } as unknown as PeopleApi;
  const router = { route: async (_ctx: Context, deliveries: readonly Delivery[]) => void routed.push(...deliveries) };
  const { api: chat, unit } = createChat({
    ...shared,
    sql: watch(sql),
    bus,
    people,
    router,
    committer: createCommitter(shared),
    incarnation: () => incarnation,
    config,
  });
  await unit.start?.();
  let lsn = 0;
  const as = (account: AccountId): Context =>
    createContext({ account, session: createId<SessionId>(), username: account, admin: false }, 'test', 60_000);

  return {
    chat,
    sql,
    url: database.url,
    bus,
    routed,
    storage,
    incarnation,
    avatars,
    account() {
      const id = createId<AccountId>();
      accounts.add(id);
      return id;
    },
    as,
    async send(account, conversation, text, more = {}) {
      const content = JSON.stringify({ type: 'text', text });
      const { hash } = parseContent(content, JSON.parse(content));
      const draft: Draft = {
        id: createId<MessageId>(),
        conversation,
        sender: account,
        session: null,
        admin: false,
        content,
        hash,
        attachment: null,
        replyTo: null,
        thread: null,
        mentions: [],
        ...more,
      };
      const [result] = await chat.append(as(account), [draft]);
      if (!result || 'code' in result) throw new Error(`not appended: ${JSON.stringify(result)}`);
      return result;
    },
    async group(owner, members, more = {}) {
      const request = { kind: 'group' as const, name: 'Group', members, ...more };
      return (await chat.createConversation(as(owner), request)).conversation.id;
    },
    async publish(topic, table, rows) {
      lsn += 1;
      const changes = rows.map(({ op = 'c', after }, ordinal): Change<object> => {
        const source = { db: 'test', schema: 'chat', table, lsn: String(lsn), ordinal, ts_ms: Date.now() };
        const origin = { ...source, incarnation: encodeIncarnation(incarnation), snapshot: false };
        return { before: null, after, source: origin, op, ts_ms: Date.now() };
      });
      await bus.publish(changes.map((value) => ({ topic, key: 'key', value })));
    },
    async close() {
      await unit.stop?.();
      await bus.close();
      await database.close();
    },
  };
}

/** The code a call is refused with; 'none' when it is not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (thrown) {
    return (thrown as Failure).code ?? String(thrown);
  }
}
