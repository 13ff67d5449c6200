import { createClient as createSseClient, type Client as SseClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

interface Address {
  readonly url: string;
}

/** A subscription as a foreign client runs it. */
export interface GraphqlFeed<Event> {
  /** What the one field said, in order. */
  readonly events: Event[];
  /** null while it runs; then `completed`, or why it ended. */
  ended: unknown;
  stop(): void;
}

/** The client of graphql-ws, which does not come back by itself. */
export function openGraphqlSocket({ url }: Address, token: string): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
}

/** The client of graphql-sse, which does not come back by itself either. */
export function openGraphqlStream({ url }: Address, token: string): SseClient {
  return createSseClient({
    url: `${url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
}

export function subscribeGraphql<Event>(
  client: Client | SseClient,
  query: string,
  variables: Record<string, unknown> = {},
): GraphqlFeed<Event> {
  const feed: GraphqlFeed<Event> = { events: [], ended: null, stop: () => {} };
  feed.stop = client.subscribe(
    { query, variables },
    {
      next(result: { data?: Record<string, unknown> | null | undefined; errors?: unknown }) {
        if (result.errors) feed.ended = result.errors;
        for (const event of Object.values(result.data ?? {})) feed.events.push(event as Event);
      },
      error: (error: unknown) => {
        feed.ended = error;
      },
      complete: () => {
        feed.ended ??= 'completed';
      },
    },
  );
  return feed;
}

/** The answer to a query or mutation over the same socket; throws its errors. */
export async function askGraphql<Data>(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data;
  }
  throw new Error('there was no answer');
}
