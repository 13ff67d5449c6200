import { type Client, type ClientOptions, type Clock, createClient, type SocketConstructor } from '@parley/client';
import { WebSocket } from 'ws';
import { password, uniqueName } from './people.ts';
import { until } from './until.ts';

/** An SDK as an application would use it, with everything it told written down. */
export interface SdkPerson {
  readonly client: Client;
  readonly id: string;
  readonly username: string;
  /** Ids of the messages told by `message` events, in order; once each is the promise. */
  readonly told: string[];
  readonly states: string[];
  readonly gaps: string[];
  /** Requests made, as `METHOD /path`. */
  readonly requests: string[];
  /** `seq id username text` of every message in the client's own view. */
  view(conversation: string): string[];
  connected(): Promise<void>;
}

export async function createSdkPerson(
  url: string,
  prefix: string,
  options: Partial<ClientOptions> = {},
): Promise<SdkPerson> {
  const requests: string[] = [];
  const client = createClient({
    url,
    WebSocket: WebSocket as unknown as SocketConstructor,
    keepMessages: 100_000,
    fetch: (input, init) => {
      requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`);
      return fetch(input, init);
    },
    ...options,
  });
  const told: string[] = [];
  const states: string[] = [];
  const gaps: string[] = [];
  client.on('message', (message) => told.push(message.id));
  client.on('state', (state) => states.push(state));
  client.on('gap', ({ reason }) => gaps.push(reason));
  const username = uniqueName(prefix);
  const { id } = await client.signUp({ username, password });
  return {
    client,
    id,
    username,
    told,
    states,
    gaps,
    requests,
    view: (conversation) => (client.conversation(conversation)?.log.messages ?? []).map(lineOf),
    async connected() {
      client.connect();
      await until(`${username} is online (${states})`, () => client.state === 'online' && client.listed);
    },
  };
}

interface Shown {
  readonly seq: number | null;
  readonly id: string;
  readonly sender: { readonly username: string };
  readonly content: object | null;
}

const lineOf = ({ seq, id, sender, content }: Shown): string =>
  `${seq} ${id} ${sender.username} ${(content as { text?: string } | null)?.text}`;

/** The whole history by REST, in the words of `view`. */
export async function wholeHistory(client: Client, conversation: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const { items } = await client.api.getHistory(conversation, { after: lines.length, limit: 200 });
    lines.push(...items.map(lineOf));
    if (items.length < 200) return lines;
  }
}

/** Time that passes `times` as fast for the client: its heartbeats and back-offs, not the server's. */
export function createFastClock(times: number): Clock {
  const began = Date.now();
  return {
    now: () => began + (Date.now() - began) * times,
    after(ms, callback) {
      const timer = setTimeout(callback, ms / times);
      return () => clearTimeout(timer);
    },
  };
}
