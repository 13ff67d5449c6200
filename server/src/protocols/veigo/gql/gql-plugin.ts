import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHandler } from 'graphql-http';
import { sendGraphiql } from '../../shared/graphiql-page.ts';
import { addRawBody, guardSecrets, toGraphqlRequest } from '../../shared/graphql-request.ts';
import { prepareDocument } from './documents.ts';
import { formatError } from './format-error.ts';
import { createExchange, createResolvers, type Exchange, type GqlDeps } from './resolvers.ts';
import { schema } from './schema.ts';

const path = '/gql';

/**
 * `/gql`, and the page at `/playground` to try it from. `/gql` has the answers of graphql-http as the reference gives them: what a
 * field refuses has status 200, unless the client accepts `application/graphql-response+json`, whose statuses say more.
 */
export async function addGql(parent: FastifyInstance, deps: GqlDeps): Promise<void> {
  const rootValue = createResolvers(deps);
  const answer = createHandler<FastifyRequest, undefined, Exchange>({
    schema,
    onSubscribe: ({ raw: request }, { query, variables, operationName }) => {
      const document = prepareDocument(query);
      if (!('kind' in document)) return document;
      guardSecrets(request, document);
      const contextValue = createExchange(deps, request);
      return { schema, document, rootValue, contextValue, variableValues: variables, operationName };
    },
    formatError: (error) => formatError(error as Error, deps.log),
  });

  parent.get('/playground', { schema: { hide: true } }, async (request, reply) =>
    sendGraphiql(request, reply, 'veigo'),
  );

  await parent.register(async (app) => {
    addRawBody(app);
    // Every page may ask, as with the reference; what a cookie proves is for our own pages alone.
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
    });
    app.options(path, { schema: { hide: true } }, async (request, reply) => {
      const asked = request.headers['access-control-request-headers'] ?? 'authorization, content-type';
      reply.header('access-control-allow-methods', 'GET, POST').header('access-control-allow-headers', asked);
      return reply.header('access-control-max-age', '86400').code(204).send();
    });
    app.route({
      // The others are answered with what is allowed.
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: path,
      schema: { hide: true },
      handler: async (request, reply) => {
        const [body, init] = await answer(toGraphqlRequest(request, request));
        return reply
          .code(init.status)
          .headers({ ...init.headers })
          .send(body);
      },
    });
  });
}
