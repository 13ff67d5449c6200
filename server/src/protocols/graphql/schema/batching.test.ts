import { type DocumentNode, execute, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createConversationView } from '../../../../test-support/conversation-view.ts';
import { createContext } from '../../../kernel/context.ts';
import type { AccountId, ConversationId, MessageId, SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import type { Message } from '../../../model/message.ts';
import type { ChatApi, ConversationView } from '../../../services/chat/api.ts';
import type { IdentityApi } from '../../../services/identity/api.ts';
import type { PeopleApi } from '../../../services/people/api.ts';
import { createProfileReader } from '../../shared/profile-reader.ts';
import { graphqlDefaults } from '../graphql-deps.ts';
import { createGraphqlContext } from './context.ts';
import { schema } from './schema.ts';

const at = '2026-01-31T12:00:00.000Z';
const uuid = (kind: string, n: number) => `0190${kind.repeat(4)}-0000-7000-8000-${String(n).padStart(12, '0')}`;
const person = (n: number) => uuid('a', n) as AccountId;
const place = (n: number) => uuid('c', n) as ConversationId;

const messageIn = (n: number): Message => ({
  conversation: place(n),
  seq: 1,
  rev: 1,
  id: `m${n}` as MessageId,
  sender: person(n),
  content: '{"type":"text","text":"hi"}',
  replyTo: null,
  thread: null,
  mentions: [person(n + 100)],
  createdAt: at,
  editedAt: null,
  deletedAt: null,
  reactions: JSON.stringify({ '👍': [person(n + 200), person(n + 201)] }),
  pinned: false,
});

const view = (n: number): ConversationView =>
  createConversationView({ id: place(n), createdAt: at, lastMessage: messageIn(n), peer: person(n + 300) });

/** Answers `n` conversations with everything different in each, and writes down what was called. */
function createServices(n: number) {
  const calls: string[] = [];
  const counted = <T extends object>(name: string, methods: Partial<T>): T =>
    new Proxy(methods as T, {
      get:
        (target, key) =>
        (...args: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          return (Reflect.get(target, key) as (...given: unknown[]) => unknown)(...args);
        },
    });
  const messages = Array.from({ length: n }, (_, i) => ({ ...messageIn(i), seq: i + 1 }));
  const people = counted<PeopleApi>('people', {
    getProfiles: async (_ctx, ids) =>
      ids.map((id) => ({ id, username: id, name: id, about: null, avatar: null, version: 1, deleted: false })),
  });
  const stay = {
    role: 'member',
    joinedSeq: 0,
    joinedRev: 1,
    leftSeq: null,
    leftRev: null,
    rev: 1,
    joinedAt: at,
  } as const;
  const chat = counted<ChatApi>('chat', {
    listConversations: async () => {
      const items = Array.from({ length: n }, (_, i) => view(i));
      return { items, cursors: items.map(({ id }) => id), next: null };
    },
    listMembersOf: async (_ctx, requests) =>
      requests.map(({ id }, i) => ({
        items: [person(i + 400), person(i + 401)].map((user) => ({ ...stay, conversation: id, user })),
        next: null,
      })),
    history: async () => ({ items: messages, epoch: 'e', lastSeq: n, lastRev: n }),
    changes: async (_ctx, conversation) => ({
      ...{ conversation, items: messages, seq: n, rev: n },
      ...{ epoch: 'e', continuity: 'kept' },
    }),
    search: async () => ({ items: messages.map((found) => ({ message: found, excerpt: 'hi' })), next: null }),
    getConversation: async () => view(0),
    getConversations: async (_ctx, ids) => ids.map((id) => view(Number(id.slice(-12)))),
    listReceipts: async (_ctx, conversation) =>
      messages.map((_, i) => ({ conversation, user: person(i + 500), delivered: 1, read: 1 })),
  });
  const services = {
    chat,
    people,
    identity: counted<IdentityApi>('identity', {}),
    presence: counted('presence', { presenceOf: async () => new Map() }),
    profiles: createProfileReader({ people, log: silentLog }),
    attachments: null,
    status: () => ({ status: 'ok', version: '', uptimeSeconds: 1, services: {} }) as const,
    config: graphqlDefaults,
    log: silentLog,
    metrics: noMetrics,
  };
  return { services, calls };
}

/** What can be asked of a message, everybody in it with what would have to be looked up. */
const message = `conversation { name peer { name presence { state } } lastMessage { sender { name presence { state } } } } sender { name presence { state } } mentions { name } reactions { users { name presence { state } } }`;

const conversations = parse(`{ conversations(first: 50) { nodes {
  peer { name presence { state } }
  lastMessage { ${message} }
  members(first: 20) { nodes { role user { name presence { state } } } }
} } }`);

const lists = parse(`{
  messages(conversation: "${place(0)}", first: 200) { nodes { ${message} } }
  changes(conversation: "${place(0)}", position: { epoch: "e", seq: 0 }, first: 200) { messages { ${message} } }
  search(query: "hi", first: 50) { nodes { message { ${message} } } }
  conversation(id: "${place(0)}") { receipts { user { name presence { state } } } }
}`);

async function callsFor(document: DocumentNode, n: number): Promise<readonly string[]> {
  const { services, calls } = createServices(n);
  const principal = { account: person(0), session: person(0) as unknown as SessionId, username: 'a', admin: false };
  const contextValue = createGraphqlContext(services as never, {
    ctx: createContext(principal, 'r'),
    cookies: null,
  });
  const { data, errors } = await execute({ schema, document, contextValue });
  expect(errors).toBeUndefined();
  // Each of the n brings a person of its own with it.
  expect(JSON.stringify(data)).toContain(person(n + 199));
  return calls.toSorted();
}

test.each([
  [
    'fifty conversations with members, last messages and senders',
    conversations,
    ['getConversations', 'listConversations', 'listMembersOf'],
  ],
  [
    'histories, changes, hits and receipts',
    lists,
    ['changes', 'getConversation', 'getConversations', 'history', 'listReceipts', 'search'],
  ],
])('%s cost as many calls as one', async (_, document, ofChat) => {
  const one = await callsFor(document, 1);
  expect(await callsFor(document, 50)).toEqual(one);
  expect(one.filter((call) => call.startsWith('chat.'))).toEqual(ofChat.map((name) => `chat.${name}`));
  expect(one.length).toBeLessThanOrEqual(16);
});
