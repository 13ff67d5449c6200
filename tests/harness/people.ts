import { randomUUID } from 'node:crypto';
import { type Frame, RawSocket } from './raw-socket.ts';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A request to the REST surface under /api/v1; never throws for a status. */
export async function request<T = Record<string, unknown>>(
  server: { readonly url: string },
  method: string,
  path: string,
  options: { token?: string | null; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const { token, body } = options;
  const raw = typeof body === 'string' || body instanceof FormData;
  const response = await fetch(`${server.url}${path.startsWith('/api/') ? '' : '/api/v1'}${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') && text.length > 0;
  return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T };
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly access: string;
  readonly refresh: string;
  /** A request as this person. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** Like `api`, but fails the test for any status of 400 or more. */
  must<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** An open socket, `ready` taken. */
  socket(): Promise<RawSocket>;
}

export const password = 'correct horse battery';

/** A name no other test of the run uses. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 8)}`;

/** Signs up a fresh account. */
export async function createPerson(server: { readonly url: string }, prefix = 'person'): Promise<Person> {
  const username = uniqueName(prefix);
  const answer = await request<{ account: { id: string }; tokens: { access: string; refresh: string } }>(
    server,
    'POST',
    '/accounts',
    {
      body: { username, password },
    },
  );
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${JSON.stringify(answer.body)}`);
  return personOf(server, username, answer.body.account.id, answer.body.tokens);
}

export async function signIn(server: { readonly url: string }, username: string): Promise<Person> {
  const answer = await request<{ account: { id: string }; tokens: { access: string; refresh: string } }>(
    server,
    'POST',
    '/sessions',
    {
      body: { login: username, password },
    },
  );
  if (answer.status !== 201) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
  return personOf(server, username, answer.body.account.id, answer.body.tokens);
}

function personOf(
  server: { readonly url: string },
  username: string,
  id: string,
  tokens: { access: string; refresh: string },
): Person {
  const api = <T>(method: string, path: string, body?: unknown) =>
    request<T>(server, method, path, { token: tokens.access, body });
  return {
    id,
    username,
    password,
    ...tokens,
    api,
    async must<T>(method: string, path: string, body?: unknown) {
      const answer = await api<T>(method, path, body);
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async socket() {
      const socket = await RawSocket.open(server.url, { token: tokens.access });
      await socket.take('ready');
      return socket;
    },
  };
}

export interface Conversation {
  readonly id: string;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly unread: number;
  readonly [key: string]: unknown;
}

export interface Message {
  readonly conversation: string;
  readonly seq: number;
  readonly rev: number;
  readonly id: string;
  readonly sender: { readonly id: string; readonly username: string; readonly name: string };
  readonly content: { readonly type: string; readonly text?: string } | null;
  readonly [key: string]: unknown;
}

export async function createGroup(owner: Person, members: readonly Person[], over: object = {}): Promise<Conversation> {
  return owner.must<Conversation>('POST', '/conversations', {
    kind: 'group',
    name: 'group',
    members: members.map((m) => m.id),
    ...over,
  });
}

export async function sendText(
  person: Person,
  conversation: string,
  text: string,
  id: string = randomUUID(),
): Promise<Message> {
  return person.must<Message>('POST', `/conversations/${conversation}/messages`, {
    id,
    content: { type: 'text', text },
  });
}

export async function historyOf(person: Person, conversation: string, query = 'limit=200'): Promise<Message[]> {
  return (await person.must<{ items: Message[] }>('GET', `/conversations/${conversation}/messages?${query}`)).items;
}

export const textOf = (message: Message | Frame): string | undefined =>
  (message.content as { text?: string } | null)?.text;
