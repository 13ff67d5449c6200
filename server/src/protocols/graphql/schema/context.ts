import type { Context } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Position } from '../../../model/position.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { OperationServices } from './operation-services.ts';

/** What one operation is resolved with; gone with it. A type and no interface: libraries want a record. */
export type GraphqlContext = {
  /** Who asks, from where, until when: what every call of a service is made with. */
  readonly ctx: Context;
  readonly services: OperationServices;
  readonly loaders: Loaders;
  /** null: no answer whose headers could set a cookie (a socket). */
  readonly cookies: SessionCookies | null;
  /** null: no way to tell anything later (a plain request). */
  readonly live: LiveFeed | null;
};

/** What an operation can subscribe with. Results go to the client past the operation: the source itself yields nothing. */
export interface LiveFeed {
  open(wish: {
    /** null: of all conversations. */
    readonly only: ReadonlySet<ConversationId> | null;
    /** Where to begin; null: with what happens from now on. */
    readonly positions: ReadonlyMap<ConversationId, Position> | null;
    /** Whose presence to tell. */
    readonly watch: readonly AccountId[] | null;
    /** Only what the caller wants to be alerted of. */
    readonly notifications?: boolean;
  }): Promise<AsyncGenerator<never, void, undefined>>;
}

export interface SessionCookies {
  set(cookie: { readonly value: string; readonly maxAgeSeconds: number }): void;
  clear(): void;
}

export function createGraphqlContext(
  services: OperationServices,
  request: Pick<GraphqlContext, 'ctx' | 'cookies'> & { readonly live?: LiveFeed },
): GraphqlContext {
  return { live: null, ...request, services, loaders: createLoaders(services, request.ctx) };
}
