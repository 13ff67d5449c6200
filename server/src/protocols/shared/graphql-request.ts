import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBodyText } from './body-text.ts';

/** Bodies are handed on as they came, whatever their type: what they must be is for the library of GraphQL over HTTP to say. */
export function addRawBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** A request as that library takes it; `raw` comes back with everything it asks. */
export function toGraphqlRequest<Raw>(request: FastifyRequest, raw: Raw) {
  const { method, url } = request;
  return {
    method,
    url,
    headers: request.headers as Record<string, string | string[] | undefined>,
    body: () => readBodyText(request.body as Buffer | undefined),
    raw,
    context: undefined,
  };
}
