import { execute, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createConversationView } from '../../../../testing/conversation-view.ts';
import { createContext } from '../../../kernel/context.ts';
import type { AccountId, ConversationId, MessageId, SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import type { Message } from '../../../model/message.ts';
import type { ChatApi, ConversationView } from '../../../services/chat/api.ts';
import type { IdentityApi } from '../../../services/identity/api.ts';
import type { PeopleApi } from '../../../services/people/api.ts';
import { createProfileReader } from '../../shared/profile-reader.ts';
import { createRateLimits } from '../../shared/rate-limits.ts';
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
  const people = counted<PeopleApi>('people', {
    getProfiles: async (_ctx, ids) => ids.map((id) => ({ id, username: id, name: id, about: null, avatar: null })),
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
    listConversations: async () => ({ items: Array.from({ length: n }, (_, i) => view(i)), next: null }),
    listMembersOf: async (_ctx, requests) =>
      requests.map(({ id }, i) => ({
        items: [person(i + 400), person(i + 401)].map((user) => ({ ...stay, conversation: id, user })),
        next: null,
      })),
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
    limits: createRateLimits(),
    log: silentLog,
    metrics: noMetrics,
  };
  return { services, calls };
}

const query = parse(`{ conversations(first: 50) { nodes {
  peer { name presence { state } }
  lastMessage { sender { name presence { state } } mentions { name } reactions { users { name presence { state } } } }
  members(first: 20) { nodes { role user { name presence { state } } } }
} } }`);

async function callsFor(n: number): Promise<readonly string[]> {
  const { services, calls } = createServices(n);
  const principal = { account: person(0), session: person(0) as unknown as SessionId, username: 'a', admin: false };
  const contextValue = createGraphqlContext(services as never, {
    ctx: createContext(principal, 'r'),
    address: '',
    cookies: null,
  });
  const { data, errors } = await execute({ schema, document: query, contextValue });
  expect(errors).toBeUndefined();
  expect((data as { conversations: { nodes: unknown[] } }).conversations.nodes).toHaveLength(n);
  return calls.toSorted();
}

test('fifty conversations with members, last messages and senders cost as many calls as one', async () => {
  const one = await callsFor(1);
  expect(await callsFor(50)).toEqual(one);
  expect(one.filter((call) => call.startsWith('chat.'))).toEqual(['chat.listConversations', 'chat.listMembersOf']);
  expect(one.length).toBeLessThanOrEqual(10);
});
