import type { FastifyInstance, FastifyRequest } from 'fastify';
import { countMembers } from '../../kernel/parse-json.ts';
import { readBodyText } from './body-text.ts';

/** Bodies are handed on as they came, whatever their type: what they must be is for the library of GraphQL over HTTP to say. */
export function addRawBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** Its parser is the library's; what that may be given is counted first. */
function readJsonText(body: Buffer | undefined): string {
  const text = readBodyText(body);
  countMembers(text);
  return text;
}

/** A request as that library takes it; `raw` comes back with everything it asks. */
export function toGraphqlRequest<Raw>(request: FastifyRequest, raw: Raw) {
  const { method, url } = request;
  return {
    method,
    url,
    headers: request.headers as Record<string, string | string[] | undefined>,
    body: () => readJsonText(request.body as Buffer | undefined),
    raw,
    context: undefined,
  };
}

/**
 * Mutations answer with tokens. The size of a compressed answer that repeats the request's own words tells about the secret beside
 * them (BREACH), so theirs is sent as it is. The header is the one that the HTTP server's compression heeds.
 */
export function guardSecrets(request: FastifyRequest, document: { readonly definitions: readonly object[] }): void {
  const mutates = document.definitions.some((each) => 'operation' in each && each.operation === 'mutation');
  if (mutates) request.headers['x-no-compression'] = '1';
}
