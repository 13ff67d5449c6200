import type { Context } from '../../../kernel/context.ts';
import type { HttpHalf } from '../../shared/halves.ts';
import type { AttachmentStore } from '../../shared/store-attachment.ts';
import type { OperationDeps } from '../graphql-deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What one operation is resolved with; gone with it. A type and no interface: libraries want a record. */
export type GraphqlContext = {
  /** Who asks, until when: what every call of a service is made with. */
  readonly ctx: Context;
  readonly services: OperationServices;
  readonly loaders: Loaders;
  /** Where the request came from, for the list of sessions and for limits. */
  readonly address: string;
  /** null: no answer whose headers could set a cookie (a socket). */
  readonly cookies: SessionCookies | null;
};

export interface SessionCookies {
  set(cookie: { readonly value: string; readonly maxAgeSeconds: number }): void;
  clear(): void;
}

export interface OperationServices extends OperationDeps, Pick<HttpHalf, 'presence' | 'status'> {
  /** null: beside the sockets, where nothing is uploaded. */
  readonly attachments: AttachmentStore | null;
}

export function createGraphqlContext(
  services: OperationServices,
  request: Pick<GraphqlContext, 'ctx' | 'address' | 'cookies'>,
): GraphqlContext {
  return { ...request, services, loaders: createLoaders(services, request.ctx) };
}
