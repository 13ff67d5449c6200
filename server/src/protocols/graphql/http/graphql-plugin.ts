import type { IncomingHttpHeaders } from 'node:http';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createHandler, type RequestParams } from 'graphql-http';
import type { Context } from '../../../kernel/context.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { addFailureHeaders, fromHttpError } from '../../../runtime/http-problem.ts';
import { findCredential, verifyCredential } from '../../shared/authenticate.ts';
import { createCallerContext, renewContext } from '../../shared/caller-context.ts';
import { sendGraphiql, wantsPage } from '../../shared/graphiql-page.ts';
import { addRawBody, toGraphqlRequest } from '../../shared/graphql-request.ts';
import { clearSessionCookie, setSessionCookie } from '../../shared/session-cookie.ts';
import { createDocuments } from '../documents.ts';
import { createExecutor } from '../executor.ts';
import { formatError } from '../format-error.ts';
import { createGraphqlContext, type GraphqlContext } from '../schema/context.ts';
import type { OperationServices } from '../schema/operation-services.ts';
import { schema } from '../schema/schema.ts';
import { formLimits, readUpload } from './read-upload.ts';

/** What graphql-http hands back to us with a request: the exchange it belongs to. */
interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly ctx: Context;
  /** Of a form, which is read before; null: in the body or the URL. */
  readonly params: RequestParams | null;
}

/** `/graphql`. A plugin of its own, so that its parsers touch no other protocol. */
export async function addGraphql(parent: FastifyInstance, services: OperationServices): Promise<void> {
  await parent.register(async (app) => {
    addRawBody(app);
    await app.register(multipart, {
      limits: { ...formLimits, fileSize: services.config.attachmentBytes },
      throwFileSizeLimit: false,
    });
    app.setErrorHandler((thrown, _request, reply) => refuse(reply, fromHttpError(thrown), services));
    const answer = createAnswer(services);
    app.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      schema: { hide: true },
      handler: async (request, reply) => {
        if (wantsPage(request)) return sendGraphiql(request, reply, 'graphql');
        const ctx = await authenticate(services, request);
        const upload = request.isMultipart() ? await readUpload(request) : null;
        const exchange = { request, reply, ctx, params: upload?.params ?? null };
        const [body, init] = await answer(toGraphqlRequest(request, exchange)).finally(upload?.finish);
        return reply
          .code(init.status)
          .headers({ ...init.headers, 'cache-control': 'no-store' })
          .send(body);
      },
    });
  });
}

function createAnswer(services: OperationServices) {
  const documents = createDocuments(schema);
  return createHandler<Exchange, undefined, GraphqlContext>({
    parseRequestParams: ({ raw: { params } }) => params ?? undefined,
    onSubscribe: ({ raw }, { query, variables, operationName }) => {
      const prepared = documents.prepare({ query, variables, operationName });
      if (!('kind' in prepared)) return prepared;
      const contextValue = createGraphqlContext(services, {
        ctx: raw.ctx,
        cookies: {
          set: (cookie) => setSessionCookie(raw.request, raw.reply, cookie),
          clear: () => clearSessionCookie(raw.request, raw.reply),
        },
      });
      return { schema, document: prepared, variableValues: variables, operationName, contextValue };
    },
    execute: createExecutor(),
    // The library writes every answer with a function that looks at each value for errors: three times slower, and for nothing here.
    onOperation: ({ headers }, _args, result) => {
      if ('errors' in result || !('data' in result)) return;
      const type = `${mediaType((headers as IncomingHttpHeaders).accept)}; charset=utf-8`;
      return [JSON.stringify(result), { status: 200, statusText: 'OK', headers: { 'content-type': type } }];
    },
    formatError: (error) => formatError(error as Error, services.log),
  });
}

/** The first that the caller names of what we speak, as the library chooses for all other answers; it has refused who wants neither. */
function mediaType(accept = ''): string {
  const named = accept.split(',').map((item) => item.split(';', 1)[0]?.trim().toLowerCase());
  const found = named.find((type) => type && /^(application\/(graphql-response\+json|json|\*)|\*\/\*)$/.test(type));
  return found === 'application/graphql-response+json' ? found : 'application/json';
}

/** What was refused before there was an operation: in GraphQL's words, with the status of the table. */
function refuse(reply: FastifyReply, failure: Failure, { log }: OperationServices): FastifyReply {
  addFailureHeaders(reply, failure);
  return reply
    .code(failure.row.http)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [formatError(failure, log)] }));
}

/** Without a credential the fields that need none can still be asked for; a wrong one is refused before anything is read. */
async function authenticate(services: OperationServices, request: FastifyRequest): Promise<Context> {
  const ctx = createCallerContext(request.ip, request.id);
  const credential = findCredential({ method: request.method, headers: request.headers }, services.config);
  if (!credential) return ctx;
  const { principal } = await verifyCredential(services.identity, ctx, credential);
  return renewContext(ctx, principal);
}
