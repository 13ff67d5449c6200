import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  createSourceEventStream,
  type ExecutionResult,
  execute,
  type GraphQLError,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import { Failure, fail } from '../../../../kernel/errors.ts';
import { findCredential, verifyCredential } from '../../../shared/authenticate.ts';
import { createCallerContext } from '../../../shared/caller-context.ts';
import { formatError } from '../../format-error.ts';
import { createGraphqlContext } from '../../schema/context.ts';
import { schema } from '../../schema/schema.ts';
import type { LiveDeps } from './live-socket.ts';
import { readStreamRequest } from './read-stream-request.ts';
import { createStreamOutlet, type StreamOutlet } from './stream-outlet.ts';

export const streamPath = '/graphql/stream';

/** Server-sent events, in the "distinct connections mode" of graphql-sse: one request, and the stream of its results. */
export function addLiveStream(app: FastifyInstance, deps: LiveDeps): void {
  app.route({
    method: ['GET', 'POST'],
    url: streamPath,
    schema: { hide: true },
    handler: (request, reply) => answer(deps, request, reply),
  });
}

async function answer(deps: LiveDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { services, documents } = deps;
  const { method, headers, url } = request;
  // EventSource can set no header; whoever can POST can set one.
  const shown = method === 'GET' ? { method, headers, url } : { method, headers };
  const credential = findCredential(shown, services.config);
  if (!credential) throw fail('token.missing');
  const caller = createCallerContext(request.ip, request.id);
  const verified = await verifyCredential(services.identity, caller, credential);
  const context = { ctx: services.beginFrame(request.ip, request.id, verified.principal), cookies: null };
  const params = readStreamRequest(request);
  const { query, variables, operationName } = params;
  const outlet = createStreamOutlet(reply);
  const document = documents.prepare({ query, variables, operationName });
  if (!('kind' in document)) return complete(deps, outlet, reply, { errors: document });
  const operation = getOperationAST(document, operationName);
  if (!operation) throw fail('request.invalid', 'There is no operation of that name.');
  const args = { schema, document, variableValues: variables, operationName: operationName ?? null };
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
    // A page of another site could make it with a link.
    if (method === 'GET' && operation.operation === OperationTypeNode.MUTATION) {
      throw fail('request.invalid', 'What changes something is sent with POST.');
    }
    const contextValue = createGraphqlContext(services, context);
    return complete(deps, outlet, reply, await execute({ ...args, contextValue }));
  }
  const live = deps.createFeed({
    ...{ caller: context.ctx, verified, document, operation, variables },
    createOutlet: () => outlet,
    onOpened: outlet.onOpened,
    onClosed: () => {},
  });
  const contextValue = createGraphqlContext(services, { ...context, live });
  const source = await createSourceEventStream({ ...args, contextValue });
  if (!(Symbol.asyncIterator in source)) return complete(deps, outlet, reply, source);
  outlet.begin(() => void source[Symbol.asyncIterator]().return?.());
  return reply;
}

/** Errors of an operation are results of it; but to come back later is for whoever made the request. */
function complete(
  { services }: LiveDeps,
  outlet: StreamOutlet,
  reply: FastifyReply,
  { errors, ...rest }: { readonly errors?: readonly GraphQLError[] } & ExecutionResult,
): FastifyReply {
  for (const { originalError } of errors ?? []) {
    if (!('data' in rest) && originalError instanceof Failure && originalError.row.retryable) throw originalError;
  }
  const safe = errors && { errors: errors.map((error) => formatError(error, services.log).toJSON()) };
  outlet.complete(JSON.stringify({ ...rest, ...safe }));
  return reply;
}
